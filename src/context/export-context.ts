import { settledWithinTime } from '../base/within-time.js';
import { EMPTY_CONTEXT, runInContext } from './flow-context.js';

/** Belongs to no request, and makes instrumentations skip what exporters do. */
const EXPORT_CONTEXT = EMPTY_CONTEXT.withSuppression();

/**
 * Runs `fn` outside of every request: sockets and timers begun in it keep no request alive, and
 * are not traced themselves.
 */
export function runAsExport<R>(fn: () => R): R {
  return runInContext(EXPORT_CONTEXT, fn);
}

/**
 * Runs a call of an exporter or reader given in code, up to a limit; one that fails or hangs is left behind.
 *
 * @param waitedFor - whether the process must live to see the end
 */
export async function runWithinTime(
  call: () => unknown,
  limitMillis: number,
  waitedFor: boolean,
): Promise<void> {
  const running = runAsExport(async () => {
    await call();
  });
  await settledWithinTime(running, limitMillis, waitedFor);
}
