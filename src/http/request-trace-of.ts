import { entryOf } from '../context/entry.js';
import type { FlowContext } from '../context/flow-context.js';
import { RequestTrace } from './request-trace.js';

/** Returns the trace of a request or response; nothing for those of other entries, such as messages. */
export function requestTraceOf(thing: unknown): RequestTrace | undefined {
  const entry = entryOf(thing);
  return entry instanceof RequestTrace ? entry : undefined;
}

/** Returns the trace of the request that a context belongs to. */
export function requestTraceIn({ flow }: FlowContext): RequestTrace | undefined {
  const entry = flow?.entry;
  return entry instanceof RequestTrace ? entry : undefined;
}
