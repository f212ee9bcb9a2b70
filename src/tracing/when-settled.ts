import { makesOwnPromises, promiseKind } from './promise-like.js';
import { isOpen, type TracedCall } from './run-in-span.js';
import { listenTo } from './unhandled-rejection.js';

/**
 * Runs a call and looks at its result as soon as that is there; never at streams, which have none
 * yet, nor at lazy objects.
 *
 * @returns the result, or in the place of an `async` function's promise one that settles alike
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
