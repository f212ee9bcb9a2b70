import { activeContext, runInContext } from '../../context/flow-context.js';

/**
 * Runs code without spans: excluded handlers, and the transport's own commands, which their message's span
 * covers.
 */
export function quietly<T>(run: () => T): T {
  return runInContext(activeContext().withSuppression(), run);
}
