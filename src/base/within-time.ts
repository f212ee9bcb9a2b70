/**
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
