import { activeContext } from '../context/flow-context.js';
import { RequestTrace } from '../http/request-trace.js';
import type { TracerManager } from '../tracing/tracer-manager.js';
import { TelemetryInstance } from './telemetry-instance.js';

/** The manager of the instance that owns the running request; absent outside of requests. */
export function activeTracerManager(): TracerManager | undefined {
  const request = activeContext().flow?.request;
  if (!(request instanceof RequestTrace)) return undefined;
  const { scope } = request;
  return scope instanceof TelemetryInstance ? scope.tracerManager : undefined;
}
