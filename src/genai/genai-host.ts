import type { TracerManager } from '../tracing/tracer-manager.js';

/** Finds the instance that a call belongs to. */
export interface GenAiHost {
  /**
   * The manager of the running flow's instance, else of the fallback instance; absent where there is none.
   */
  manager(): TracerManager | undefined;
}
