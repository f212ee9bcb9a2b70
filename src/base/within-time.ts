/**
 * Waits for a promise, at most for the given time.
 *
 * @param waitedFor - whether the timer keeps the process alive
 * @throws Error if the time is over before the promise settles
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

/** Waits until a promise settles, at most for the given time. Never rejects. */
export async function settledWithinTime(
  promise: Promise<unknown>,
  limitMillis: number,
  waitedFor: boolean,
): Promise<void> {
  await withinTime(promise, limitMillis, waitedFor).catch(() => undefined);
}
