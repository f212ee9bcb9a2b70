/**
 * Waits for a promise up to a limit.
 *
 * @param waitedFor - whether the process must live to see the end
 * @throws Error when the promise takes longer
 */
export function withinTime<T>(promise: Promise<T>, limitMillis: number, waitedFor: boolean): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new Error(`no answer within ${limitMillis} ms`));
    }, limitMillis);
    if (!waitedFor) timer.unref();
    promise.then(resolve, reject).finally(() => {
      clearTimeout(timer);
    });
  });
}

/** Waits for a promise up to a limit, whatever becomes of it. */
export async function settledWithinTime(
  promise: Promise<unknown>,
  limitMillis: number,
  waitedFor: boolean,
): Promise<void> {
  await withinTime(promise, limitMillis, waitedFor).catch(() => undefined);
}
