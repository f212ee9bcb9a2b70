import { types } from 'node:util';

/** Ways to ask for the result of a lazy object: a query builder runs when one of them is called. */
const MEMBERS = ['then', 'catch', 'finally', 'exec', 'execute'] as const;

export type LazyMember = (typeof MEMBERS)[number];
type AnyFunction = (this: unknown, ...args: unknown[]) => unknown;

/**
 * How a result reports its end: a `promise` can be listened to without changing anything; a `lazy` object may
 * begin its work when `then` is called; `none` is there at once.
 */
export function promiseKind(result: object): 'promise' | 'lazy' | 'none' {
  try {
    const { then } = result as { then?: unknown };
    if (typeof then !== 'function') return 'none';
    if (result instanceof Promise && then === Promise.prototype.then) return 'promise';
    // A promise of another realm, such as those that Node itself makes while Jest runs.
    return types.isPromise(result) && isNative(then) ? 'promise' : 'lazy';
  } catch {
    // A stand-in that refuses to be looked at.
    return 'none';
  }
}

/** Whether each call of a function makes a promise of its own. */
export function makesOwnPromises(fn: unknown): boolean {
  return types.isAsyncFunction(fn);
}

/** Listens to a promise, which stays what its maker gave: Node takes a rejection for handled from now on. */
export function listen(
  promise: object,
  fulfilled: (value: unknown) => void,
  rejected: (error: unknown) => void,
): void {
  try {
    const { then } = promise as { then: AnyFunction };
    const heard: unknown = Reflect.apply(then, promise, [fulfilled, rejected]);
    // A subclass may make of it what it likes.
    if (heard instanceof Promise) heard.catch(() => undefined);
  } catch (error) {
    rejected(error);
  }
}

/**
 * Puts functions in the place of those that ask a lazy object for its result. Everything
 * else about the object stays.
 *
 * @returns whether it could be done: not on a frozen object
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
