import { activeContext, runInContext } from '../../context/flow-context.js';

/**
 * Runs code that makes no spans: handlers that are left out, and the transport's own commands, which the span
 * of their message stands for.
 */
export function quietly<T>(run: () => T): T {
  return runInContext(activeContext().withSuppression(), run);
}
