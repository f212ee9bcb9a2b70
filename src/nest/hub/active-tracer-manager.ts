import { activeContext } from '../../context/flow-context.js';
import { pipelineOfFlow } from '../../tracing/pipeline-of-flow.js';
import { managerOfPipeline, type TracerManager } from '../../tracing/tracer-manager.js';

/** The manager of the instance that the running flow belongs to; absent outside of every flow. */
export function activeTracerManager(): TracerManager | undefined {
  const pipeline = pipelineOfFlow(activeContext());
  return pipeline && managerOfPipeline(pipeline);
}
