/**
 * The one place where functions of the user's are called: samplers, classifiers, hooks, predicates, options.
 * However such a function fails (throws, rejects, answers with something else, with a getter that throws, or
 * never), the app goes on, and its answer is read here as well.
 */
import { types } from 'node:util';

/**
 * Asks a function that has to answer at once.
 *
 * @param read - takes out of the answer what is needed; what a getter throws counts as thrown by the function
 * @param failed - told why there is no answer, a promise included; gives the value to go on with
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

/** Calls a function whose answer means nothing; the promise of an `async` one is not waited for. */
export function tell(call: () => unknown, failed: (error: unknown) => void): void {
  try {
    onRejection(call(), failed);
  } catch (error) {
    failed(error);
  }
}

/**
 * Asks a function that may answer with a promise.
 *
 * @param limitMillis - how long its promise is waited for
 * @returns the value at once where the answer came at once, else a promise that never rejects
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
 * Listens to a promise without waiting for it; a lazy object, such as a query, is not a
 * promise and is not started.
 *
 * @returns whether it is a promise
 */
export function onRejection(value: unknown, failed: (error: unknown) => void): boolean {
  if (!types.isPromise(value)) return false;
  void Promise.prototype.then.call(value, undefined, failed);
  return true;
}

function isThenable<A>(answer: A | PromiseLike<A>): answer is PromiseLike<A> {
  return typeof (answer as Partial<PromiseLike<A>> | null | undefined)?.then === 'function';
}
