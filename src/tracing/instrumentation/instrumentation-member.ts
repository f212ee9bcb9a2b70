import type { MeterProvider } from '@opentelemetry/api';
import type { FlowContext } from '../../context/flow-context.js';
import type { Pipeline } from '../../pipeline/pipeline.js';
import { ownerOfFlow } from '../owner-of-flow.js';
import type { TracerManager } from '../tracer-manager.js';

/** An instance that named an instrumentation. */
export interface InstrumentationMember {
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
export function chooseMember(
  members: readonly InstrumentationMember[],
  context: FlowContext,
): InstrumentationMember | undefined {
  const owner = ownerOfFlow(context);
  if (owner !== undefined) return members.find(({ pipeline }) => pipeline === owner);
  if (context.flow?.entry !== undefined) return undefined;
  return members.find(({ isGlobal }) => isGlobal) ?? members[0];
}
