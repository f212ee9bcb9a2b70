import { types } from 'node:util';

/** Methods that request the result of a lazy object. A query builder runs when one of them is called. */
const MEMBERS = ['then', 'catch', 'finally', 'exec', 'execute'] as const;

export type LazyMember = (typeof MEMBERS)[number];
type AnyFunction = (this: unknown, ...args: unknown[]) => unknown;

/**
 * Returns how a result ends: a `promise` can be observed without a side effect; a `lazy` object may start
 * its work when `then` is called; `none` is complete already.
 */
export function promiseKind(result: object): 'promise' | 'lazy' | 'none' {
  try {
    const { then } = result as { then?: unknown };
    if (typeof then !== 'function') return 'none';
    if (result instanceof Promise && then === Promise.prototype.then) return 'promise';
    // A promise may come from another realm: Node itself creates such promises while Jest runs.
    return types.isPromise(result) && isNative(then) ? 'promise' : 'lazy';
  } catch {
    // A test double may throw on any access.
    return 'none';
  }
}

/** Whether a function returns a new promise on each call. */
export function makesOwnPromises(fn: unknown): boolean {
  return types.isAsyncFunction(fn);
}

/** Listens to a promise without replacing it. From then on Node considers its rejection handled. */
export function listen(
  promise: object,
  fulfilled: (value: unknown) => void,
  rejected: (error: unknown) => void,
): void {
  try {
    const { then } = promise as { then: AnyFunction };
    const heard: unknown = Reflect.apply(then, promise, [fulfilled, rejected]);
    // A subclass of Promise may return anything.
    if (heard instanceof Promise) heard.catch(() => undefined);
  } catch (error) {
    rejected(error);
  }
}

/**
 * Replaces the methods that request the result of a lazy object. Nothing else about the object changes.
 *
 * @returns whether the methods were replaced; a frozen object refuses
 */
export function replaceLazyMembers(
  lazy: object,
  replacement: (name: LazyMember, original: AnyFunction) => AnyFunction,
): boolean {
  return MEMBERS.every((name) => {
    try {
      const original: unknown = Reflect.get(lazy, name);
      if (typeof original !== 'function') return true;
      const value = replacement(name, original as AnyFunction);
      Object.defineProperty(value, 'name', { value: original.name, configurable: true });
      const enumerable = Object.getOwnPropertyDescriptor(lazy, name)?.enumerable ?? false;
      const done = Reflect.defineProperty(lazy, name, {
        ...{ value, enumerable },
        ...{ configurable: true, writable: true },
      });
      return (done && Reflect.get(lazy, name) === value) || name !== 'then';
    } catch {
      return name !== 'then';
    }
  });
}

function isNative(fn: object): boolean {
  return Function.prototype.toString.call(fn).includes('[native code]');
}
