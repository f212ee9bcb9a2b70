import { makesOwnPromises, promiseKind } from './promise-like.js';
import { isOpen, type TracedCall } from './run-in-span.js';
import { listenTo } from './unhandled-rejection.js';

/**
 * Runs a call and observes its result as soon as it exists. Streams and lazy objects have no result yet
 * and are not observed.
 *
 * @returns the result; the promise of an `async` function is replaced by an equivalent one
 */
export function whenSettled<T>(fn: () => T, call: TracedCall, note: (value: unknown) => void): T {
  const result = fn();
  if (typeof result !== 'object' || result === null || promiseKind(result) !== 'promise') {
    if (!isOpen(result)) note(result);
    return result;
  }
  if (makesOwnPromises(call.written ?? fn)) {
    return (result as Promise<unknown> & T).then((value: unknown) => {
      note(value);
      return value;
    }) as T;
  }
  listenTo(result, call, note);
  return result;
}
