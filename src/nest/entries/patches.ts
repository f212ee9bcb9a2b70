import type { Method } from '../like-method.js';

/** A function that was replaced on an object. */
interface Replaced {
  readonly target: object;
  readonly key: PropertyKey;
  readonly own: PropertyDescriptor | undefined;
  readonly value: unknown;
}

/**
 * Replaces functions on the framework's objects, never on prototypes, and restores them when the app
 * closes.
 */
export class Patches {
  private readonly replaced: Replaced[] = [];
  private readonly known = new WeakMap<object, Set<PropertyKey>>();

  /**
   * Replaces a method with `make(original)`, once per object. Frozen objects and objects without the method
   * are left alone.
   */
  replace(target: object, key: PropertyKey, make: (original: Method) => Method): boolean {
    const original: unknown = Reflect.get(target, key);
    return typeof original === 'function' && this.set(target, key, make(original as Method));
  }

  set(target: object, key: PropertyKey, value: unknown): boolean {
    let keys = this.known.get(target);
    if (keys?.has(key) === true) return false;
    const own = Reflect.getOwnPropertyDescriptor(target, key);
    if (own === undefined ? !Object.isExtensible(target) : own.configurable !== true) return false;
    const enumerable = own?.enumerable ?? false;
    if (!Reflect.defineProperty(target, key, { value, configurable: true, writable: true, enumerable }))
      return false;
    if (keys === undefined) this.known.set(target, (keys = new Set()));
    keys.add(key);
    this.replaced.push({ target, key, own, value });
    return true;
  }

  /** Restores the functions, except those that other code has replaced in the meantime. */
  restore(): void {
    for (const { target, key, own, value } of this.replaced.splice(0).reverse()) {
      this.known.get(target)?.delete(key);
      if (Reflect.getOwnPropertyDescriptor(target, key)?.value !== value) continue;
      if (own === undefined) Reflect.deleteProperty(target, key);
      else Reflect.defineProperty(target, key, own);
    }
  }
}
