import { classNameOf } from '../../base/class-name.js';

/** The name `Class.method` of a decorated method; an inherited method gets the derived class's name. */
export class MethodName {
  /** The name with the class that declares the method. */
  readonly declared: string;
  private readonly names = new WeakMap<object, string>();

  constructor(
    private readonly target: object,
    private readonly key: PropertyKey,
  ) {
    this.declared = `${classNameOf(target)}.${String(key)}`;
  }

  /**
   * Returns the name `Class.method` for a call.
   *
   * @param host - the object of the call; if its class overrides the method, the declaring class is named
   */
  on(host: unknown): string {
    try {
      const start: unknown = typeof host === 'function' ? host : Object.getPrototypeOf(host);
      if (start === this.target || start === null) return this.declared;
      let name = this.names.get(start as object);
      if (name === undefined) this.names.set(start as object, (name = this.below(start as object)));
      return name;
    } catch {
      // The host may not be an object, or may be a proxy that throws or hides its class.
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
