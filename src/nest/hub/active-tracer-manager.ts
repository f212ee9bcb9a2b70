import { activeContext } from '../../context/flow-context.js';
import { pipelineOfFlow } from '../../tracing/pipeline-of-flow.js';
import { managerOfPipeline, type TracerManager } from '../../tracing/tracer-manager.js';

/** Returns the manager of the running flow's instance; `undefined` outside of every flow. */
export function activeTracerManager(): TracerManager | undefined {
  const pipeline = pipelineOfFlow(activeContext());
  return pipeline && managerOfPipeline(pipeline);
}
