/** Any function, with any `this`. */
export type AnyFunction = (this: unknown, ...args: unknown[]) => unknown;
type Target = Record<PropertyKey, unknown>;

/** Patches that could not be removed because another library had wrapped them. */
const stuck = new Set<() => boolean>();

/** Removes patches that could not be removed before, if the other library's wrappers are gone. */
export function restoreLeftovers(): void {
  for (const restore of stuck) {
    if (restore()) stuck.delete(restore);
  }
}

/** Replaces functions of libraries, and restores them together. */
export class Patches {
  private readonly restorers: (() => boolean)[] = [];
  private readonly patched = new WeakMap<object, Set<PropertyKey>>();
  private active = true;

  /**
   * Replaces a function, once.
   *
   * @param wrap - creates the replacement. It is only called while the patch is active, even if another
   *   library has wrapped it so that it cannot be removed
   */
  wrap(target: object | undefined, name: PropertyKey, wrap: (original: AnyFunction) => AnyFunction): void {
    if (target === undefined || this.has(target, name)) return;
    const original = (target as Target)[name];
    if (typeof original !== 'function') return;
    const replacement = wrap(original as AnyFunction);
    const isActive = (): boolean => this.active;
    const patched: AnyFunction = function (...args) {
      return (isActive() ? replacement : (original as AnyFunction)).apply(this, args);
    };
    // Functions may have properties, such as their promisified forms.
    const { prototype: _, ...copied } = Object.getOwnPropertyDescriptors(original);
    Object.defineProperties(patched, copied);
    const own = Object.getOwnPropertyDescriptor(target, name);
    Object.defineProperty(target, name, {
      value: patched,
      configurable: true,
      enumerable: own?.enumerable ?? false,
      writable: true,
    });
    this.restorers.push(() => {
      if ((target as Target)[name] !== patched) return false;
      if (own === undefined) Reflect.deleteProperty(target, name);
      else Object.defineProperty(target, name, own);
      return true;
    });
    const names = this.patched.get(target) ?? new Set();
    this.patched.set(target, names.add(name));
  }

  readonly restore = (): void => {
    this.active = false;
    for (const restore of this.restorers.splice(0).reverse()) {
      if (!restore()) stuck.add(restore);
    }
  };

  private has(target: object, name: PropertyKey): boolean {
    return this.patched.get(target)?.has(name) === true;
  }
}

/** Returns the object that has a method itself: the given one, or one that it inherits from. */
export function ownerOf(object: unknown, method: string): object | undefined {
  let owner = typeof object === 'object' ? object : undefined;
  while (owner && !Object.hasOwn(owner, method)) owner = Object.getPrototypeOf(owner) as object | null;
  return owner ?? undefined;
}
