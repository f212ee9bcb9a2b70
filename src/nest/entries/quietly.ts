import { activeContext, runInContext } from '../../context/flow-context.js';

/**
 * Runs the transport's own commands, which the span of their message stands for: a `PUBLISH` beside it
 * would tell the same twice.
 */
export function quietly<T>(send: () => T): T {
  return runInContext(activeContext().withSuppression(), send);
}
