import { classNameOf } from './method-wrapper.js';

/** `Class.method` of a decorated method: a derived class that inherits it stands in the place of the one that declares it. */
export class MethodName {
  /** By the class that declares the method. */
  readonly declared: string;

  constructor(
    private readonly target: object,
    private readonly key: PropertyKey,
  ) {
    this.declared = `${classNameOf(target)}.${String(key)}`;
  }

  /** @param host - what the method is called on; anything else than an object of a derived class counts as the declaring one */
  on(host: unknown): string {
    const { target } = this;
    if ((typeof host !== 'object' && typeof host !== 'function') || host === null) return this.declared;
    if (host === target) return this.declared;
    try {
      if (Object.getPrototypeOf(host) === target && typeof host === 'object') return this.declared;
      if (!Object.prototype.isPrototypeOf.call(target, host)) return this.declared;
      const name: unknown = classNameOf(host);
      return typeof name === 'string' && name !== '' ? `${name}.${String(this.key)}` : this.declared;
    } catch {
      // A proxy that refuses, or an object whose class is hidden.
      return this.declared;
    }
  }
}
