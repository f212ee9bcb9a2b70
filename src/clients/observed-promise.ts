/**
 * Calls a listener when a promise of any kind settles, and passes its outcome on. Any other value is
 * returned unchanged.
 */
export function whenSettled(
  promise: unknown,
  fulfilled: (value: unknown) => void,
  rejected: (error: unknown) => void,
): unknown {
  if (typeof (Object(promise) as { readonly then?: unknown }).then !== 'function') return promise;
  return (promise as PromiseLike<unknown>).then(
    (value) => {
      fulfilled(value);
      return value;
    },
    (error: unknown) => {
      rejected(error);
      throw error;
    },
  );
}
