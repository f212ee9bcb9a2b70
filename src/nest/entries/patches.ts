import type { Method } from '../like-method.js';

/** A function that was replaced on an object. */
interface Replaced {
  readonly target: object;
  readonly key: PropertyKey;
  readonly own: PropertyDescriptor | undefined;
  readonly value: unknown;
}

/**
 * Replaces functions on the framework's own objects, never on prototypes, and puts them
 * back when the app closes.
 */
export class Patches {
  private readonly replaced: Replaced[] = [];
  private readonly known = new WeakMap<object, Set<PropertyKey>>();

  /**
   * Puts `make(original)` in the place of a method, once per object. Objects that cannot be changed, and
   * those that lack the method, are left as they are.
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

  /** Leaves alone what other code has replaced in the meantime. */
  restore(): void {
    for (const { target, key, own, value } of this.replaced.splice(0).reverse()) {
      this.known.get(target)?.delete(key);
      if (Reflect.getOwnPropertyDescriptor(target, key)?.value !== value) continue;
      if (own === undefined) Reflect.deleteProperty(target, key);
      else Reflect.defineProperty(target, key, own);
    }
  }
}
