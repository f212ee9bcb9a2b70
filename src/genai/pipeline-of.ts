import type { Pipeline } from '../pipeline/pipeline.js';
import type { InstanceTracer } from '../tracing/instance-tracer.js';
import type { TracerManager } from '../tracing/tracer-manager.js';

/** Returns the pipeline of a manager. */
export function pipelineOf(manager: TracerManager): Pipeline {
  return (manager.getTracer() as InstanceTracer).pipeline;
}
