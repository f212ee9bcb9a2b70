/**
 * Calls functions that the user supplies: samplers, classifiers, hooks, predicates, options. Every such
 * call goes through this file. The function may throw, reject, never finish, or return a wrong value or one
 * with a throwing getter; the app goes on in each case. The answer is read inside the guard, too.
 */
import { types } from 'node:util';

/**
 * Calls a user's function that must answer synchronously.
 *
 * @param read - takes the needed value out of the answer; an error from a getter counts as an error of the
 *   function
 * @param failed - receives the reason if there is no answer, or if the answer is a promise; returns the
 *   value to use instead
 */
export function ask<A, T>(call: () => A, read: (answer: A) => T, failed: (error: unknown) => T): T {
  try {
    const answer = call();
    if (onRejection(answer, () => undefined)) {
      throw new TypeError('it returned a promise; it must answer at once.');
    }
    return read(answer);
  } catch (error) {
    return failed(error);
  }
}

/** Calls a user's function and ignores its result. A returned promise is not awaited. */
export function tell(call: () => unknown, failed: (error: unknown) => void): void {
  try {
    onRejection(call(), failed);
  } catch (error) {
    failed(error);
  }
}

/**
 * Calls a user's function that may answer with a promise.
 *
 * @param limitMillis - the longest wait for the promise, in milliseconds
 * @returns the value itself if the function answered synchronously, else a promise that never rejects
 */
export function askInTime<A, T>(
  call: () => A | PromiseLike<A>,
  limitMillis: number,
  read: (answer: A) => T,
  failed: (error: unknown) => T,
): T | Promise<T> {
  const readGuarded = (answer: A): T => {
    try {
      return read(answer);
    } catch (error) {
      return failed(error);
    }
  };
  try {
    const answer = call();
    if (!isThenable(answer)) return readGuarded(answer);
    return new Promise((resolve) => {
      const late = new Error(`no answer within ${limitMillis} ms`);
      const timer = setTimeout(() => {
        resolve(failed(late));
      }, limitMillis);
      const settled = (value: T): void => {
        clearTimeout(timer);
        resolve(value);
      };
      let over = false;
      const once = (settle: () => T): void => {
        if (over) return;
        over = true;
        settled(settle());
      };
      try {
        answer.then(
          (value) => {
            once(() => readGuarded(value));
          },
          (error: unknown) => {
            once(() => failed(error));
          },
        );
      } catch (error) {
        once(() => failed(error));
      }
    });
  } catch (error) {
    return failed(error);
  }
}

/**
 * Listens for a promise's rejection without waiting for it. A lazy thenable, such as a query, does not
 * count as a promise and is not started.
 *
 * @returns whether the value is a promise
 */
export function onRejection(value: unknown, failed: (error: unknown) => void): boolean {
  if (!types.isPromise(value)) return false;
  void Promise.prototype.then.call(value, undefined, failed);
  return true;
}

function isThenable<A>(answer: A | PromiseLike<A>): answer is PromiseLike<A> {
  return typeof (answer as Partial<PromiseLike<A>> | null | undefined)?.then === 'function';
}
