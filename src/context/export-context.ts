import { settledWithinTime } from '../base/within-time.js';
import { EMPTY_CONTEXT, runInContext } from './flow-context.js';

/**
 * A context outside of every request, in which instrumentations are suppressed, so that exports are not
 * traced.
 */
const EXPORT_CONTEXT = EMPTY_CONTEXT.withSuppression();

/**
 * Runs `fn` outside of every request, so that its sockets and timers keep no request alive and are not
 * traced.
 */
export function runAsExport<R>(fn: () => R): R {
  return runInContext(EXPORT_CONTEXT, fn);
}

/**
 * Runs a call of a user's exporter or reader for a limited time, and does not wait any longer for one that
 * fails or hangs.
 *
 * @param waitedFor - whether the timer keeps the process alive
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
