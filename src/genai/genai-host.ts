import type { TracerManager } from '../tracing/tracer-manager.js';

/** Finds the instance of a call. */
export interface GenAiHost {
  /** Returns the manager of the running flow's instance, else of the fallback instance, if there is one. */
  manager(): TracerManager | undefined;
}
