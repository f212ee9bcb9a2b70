import type { MeterProvider } from '@opentelemetry/api';
import type { FlowContext } from '../../context/flow-context.js';
import type { Pipeline } from '../../pipeline/pipeline.js';
import { pipelineOfFlow } from '../pipeline-of-flow.js';
import type { TracerManager } from '../tracer-manager.js';

/** An instance that named an instrumentation. */
export interface InstrumentedInstance {
  readonly pipeline: Pipeline;
  readonly manager: TracerManager;
  /** Where metrics of instrumentations go; without it, nowhere. */
  readonly meters?: MeterProvider;
  /** Preferred for what happens outside of every flow. */
  readonly isGlobal: boolean;
}

/**
 * The instance that a call in this context belongs to: the active span's, else the request's, else
 * the global or first one.
 *
 * @returns nothing if the flow belongs to an instance that is not among them, or to none
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
