import type { FlowContext, FlowPipeline } from '../context/flow-context.js';
import { RecordingSpan } from './recording-span.js';

/**
 * Returns the pipeline of the code in a context: the active span's, else its entry's. The span of an entry
 * may belong to any instance until its route is known, so in that case the entry decides.
 *
 * @returns `undefined` outside of every flow, and if no instance covers the entry
 */
export function pipelineOfFlow({ span, flow }: FlowContext): FlowPipeline | undefined {
  const entry = flow?.entry;
  if (span instanceof RecordingSpan && span !== entry?.context.span) return span.generation.pipeline;
  return entry?.pipeline;
}
