import { createContextKey } from '@opentelemetry/api';
import { activeContext, type FlowContext } from '../context/flow-context.js';
import type { GenAiCall } from './genai-call.js';
import type { UsageOwner } from './usage.js';

/** The GenAI call that the running code belongs to. */
interface CurrentCall {
  readonly call: GenAiCall | undefined;
  /** The total that the next call's usage counts for: the call around it, or a stage of a workflow. */
  readonly owner: UsageOwner | undefined;
}

const KEY = createContextKey('nestjs-telemetry.genai');

function currentOf(context: FlowContext): CurrentCall | undefined {
  return context.getValue(KEY) as CurrentCall | undefined;
}

/** The innermost call of a context. */
export function callOf(context: FlowContext): GenAiCall | undefined {
  return currentOf(context)?.call;
}

/** The innermost call around the running code. */
export function activeCall(): GenAiCall | undefined {
  return currentOf(activeContext())?.call;
}

export function usageOwnerOf(context: FlowContext): UsageOwner | undefined {
  return currentOf(context)?.owner;
}

export function withCall(context: FlowContext, call: GenAiCall): FlowContext {
  return context.setValue(KEY, { call, owner: call } satisfies CurrentCall);
}

/** Has the usage of calls made in the context count for `owner`. */
export function withUsageOwner(context: FlowContext, owner: UsageOwner | undefined): FlowContext {
  const call = currentOf(context)?.call;
  return context.setValue(KEY, { call, owner } satisfies CurrentCall);
}
