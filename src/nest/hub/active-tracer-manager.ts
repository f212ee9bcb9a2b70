import { activeContext } from '../../context/flow-context.js';
import { RequestTrace } from '../../http/request-trace.js';
import { ServerSpan } from '../../http/server-span.js';
import { RecordingSpan } from '../../tracing/recording-span.js';
import { managerOfPipeline, type TracerManager } from '../../tracing/tracer-manager.js';
import { TelemetryInstance } from '../instance/telemetry-instance.js';

/**
 * The manager of the instance that the running flow belongs to: its active span's, else its request's;
 * absent outside of every flow.
 */
export function activeTracerManager(): TracerManager | undefined {
  const { span, flow } = activeContext();
  // A server span may be anybody's until its route is known.
  if (span instanceof RecordingSpan && !(span instanceof ServerSpan)) {
    return managerOfPipeline(span.generation.pipeline);
  }
  const request = flow?.entry;
  if (!(request instanceof RequestTrace)) return undefined;
  const { instance } = request;
  return instance instanceof TelemetryInstance ? instance.tracerManager : undefined;
}
