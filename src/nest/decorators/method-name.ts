import { classNameOf } from '../../base/class-name.js';

/**
 * `Class.method` of a decorated method: a derived class that inherits it stands in the place of
 * the one that declares it.
 */
export class MethodName {
  /** Name with the class that declares the method. */
  readonly declared: string;
  private readonly names = new WeakMap<object, string>();

  constructor(
    private readonly target: object,
    private readonly key: PropertyKey,
  ) {
    this.declared = `${classNameOf(target)}.${String(key)}`;
  }

  /**
   * @param host - what the method is called on; a class that overrides the method calls the declaring one's
   */
  on(host: unknown): string {
    try {
      const start: unknown = typeof host === 'function' ? host : Object.getPrototypeOf(host);
      if (start === this.target || start === null) return this.declared;
      let name = this.names.get(start as object);
      if (name === undefined) this.names.set(start as object, (name = this.below(start as object)));
      return name;
    } catch {
      // No object, a proxy that refuses, or one whose class is hidden.
      return this.declared;
    }
  }

  private below(start: object): string {
    let owner: object | null = start;
    while (owner !== null && !Object.hasOwn(owner, this.key))
      owner = Object.getPrototypeOf(owner) as object | null;
    const name = owner === this.target ? classNameOf(start) : '';
    return name === '' ? this.declared : `${name}.${String(this.key)}`;
  }
}
