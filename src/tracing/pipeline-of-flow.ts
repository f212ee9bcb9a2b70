import type { FlowContext } from '../context/flow-context.js';
import { RecordingSpan } from './recording-span.js';

/**
 * The pipeline that code in this context belongs to: the active span's, else its entry's. An entry's own
 * span may belong to any instance until its route is known, so there the entry is asked.
 *
 * @returns `undefined` outside of every flow, and where no instance covers the entry
 */
export function pipelineOfFlow({ span, flow }: FlowContext): object | undefined {
  const entry = flow?.entry;
  if (span instanceof RecordingSpan && span !== entry?.context.span) return span.generation.pipeline;
  return entry?.pipeline;
}
