import { guard } from './channel.js';

/**
 * Calls a listener when a promise of any kind settles, and passes its outcome on. Any other value is
 * returned unchanged.
 *
 * @param source - reports an error in a listener
 */
export function whenSettled(
  source: string,
  promise: unknown,
  fulfilled: (value: unknown) => void,
  rejected: (error: unknown) => void,
): unknown {
  if (typeof (Object(promise) as { readonly then?: unknown }).then !== 'function') return promise;
  return (promise as PromiseLike<unknown>).then(
    (value) => {
      guard(source, () => {
        fulfilled(value);
      });
      return value;
    },
    (error: unknown) => {
      guard(source, () => {
        rejected(error);
      });
      throw error;
    },
  );
}
