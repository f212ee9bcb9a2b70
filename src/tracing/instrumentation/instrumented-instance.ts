import type { MeterProvider } from '@opentelemetry/api';
import type { FlowContext } from '../../context/flow-context.js';
import type { Pipeline } from '../../pipeline/pipeline.js';
import { pipelineOfFlow } from '../pipeline-of-flow.js';
import type { TracerManager } from '../tracer-manager.js';

/** An instance that lists an instrumentation. */
export interface InstrumentedInstance {
  readonly pipeline: Pipeline;
  readonly manager: TracerManager;
  /** The destination of the instrumentation's metrics; without it they are dropped. */
  readonly meters?: MeterProvider;
  /** Whether the instance is preferred outside of every flow. */
  readonly isGlobal: boolean;
}

/**
 * Chooses the instance of a call in a context: the active span's, else the request's, else the global or
 * first one.
 *
 * @returns nothing if the flow belongs to no instance, or to one that is not in the list
 */
export function chooseInstance(
  instances: readonly InstrumentedInstance[],
  context: FlowContext,
): InstrumentedInstance | undefined {
  const own = pipelineOfFlow(context);
  if (own !== undefined) return instances.find(({ pipeline }) => pipeline === own);
  if (context.flow?.entry !== undefined) return undefined;
  return instances.find(({ isGlobal }) => isGlobal) ?? instances[0];
}
