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
