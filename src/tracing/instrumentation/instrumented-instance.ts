import type { MeterProvider } from '@opentelemetry/api';
import type { FlowContext } from '../../context/flow-context.js';
import type { Pipeline } from '../../pipeline/pipeline.js';
import { RecordingSpan } from '../recording-span.js';
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
 * @returns nothing if the flow belongs to an instance that is not among them
 */
export function chooseInstance(
  instances: readonly InstrumentedInstance[],
  { span, flow }: FlowContext,
): InstrumentedInstance | undefined {
  const own = span instanceof RecordingSpan ? span.generation.pipeline : flow?.entry?.pipeline;
  if (own !== undefined) return instances.find(({ pipeline }) => pipeline === own);
  return instances.find(({ isGlobal }) => isGlobal) ?? instances[0];
}
