import type { FlowContext } from '../../context/flow-context.js';
import type { Pipeline } from '../../pipeline/pipeline.js';
import { RecordingSpan } from '../recording-span.js';
import type { TracerManager } from '../tracer-manager.js';

/** An instance that named an instrumentation. */
export interface InstrumentationMember {
  readonly pipeline: Pipeline;
  readonly manager: TracerManager;
  /** Preferred for what happens outside of every flow. */
  readonly isGlobal: boolean;
}

/** Instances by the instrumentation that they named, which patch the whole process: each call must reach the one it belongs to. */
const membersByName = new Map<string, InstrumentationMember[]>();

export function addMember(name: string, member: InstrumentationMember): void {
  const members = membersByName.get(name) ?? [];
  membersByName.set(name, [...members.filter((known) => known !== member), member]);
}

export function removeMember(name: string, member: InstrumentationMember): void {
  const members = (membersByName.get(name) ?? []).filter((known) => known !== member);
  if (members.length === 0) membersByName.delete(name);
  else membersByName.set(name, members);
}

/**
 * The instance that a call in this context belongs to: the active span's, else the request's, else the global or first one.
 *
 * @returns nothing if the flow belongs to an instance that did not name the instrumentation
 */
export function memberFor(name: string, context: FlowContext): InstrumentationMember | undefined {
  const members = membersByName.get(name) ?? [];
  const owner = ownerOf(context);
  if (owner !== undefined) return members.find(({ pipeline }) => pipeline === owner);
  return members.find(({ isGlobal }) => isGlobal) ?? members[0];
}

function ownerOf({ span, flow }: FlowContext): object | undefined {
  return span instanceof RecordingSpan ? span.generation.owner : flow?.request?.pipeline;
}
