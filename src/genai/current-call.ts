import { createContextKey } from '@opentelemetry/api';
import { activeContext, type FlowContext } from '../context/flow-context.js';
import type { GenAiCall } from './genai-call.js';
import type { UsageOwner } from './usage.js';

/** The GenAI call of the running code. */
interface CurrentCall {
  readonly call: GenAiCall | undefined;
  /** The sum that the next call's usage is added to: the surrounding call, or a stage of a workflow. */
  readonly owner: UsageOwner | undefined;
}

const KEY = createContextKey('nestjs-telemetry.genai');

function currentOf(context: FlowContext): CurrentCall | undefined {
  return context.getValue(KEY) as CurrentCall | undefined;
}

/** Returns the innermost call of a context. */
export function callOf(context: FlowContext): GenAiCall | undefined {
  return currentOf(context)?.call;
}

/** Returns the innermost call around the running code. */
export function activeCall(): GenAiCall | undefined {
  return currentOf(activeContext())?.call;
}

export function usageOwnerOf(context: FlowContext): UsageOwner | undefined {
  return currentOf(context)?.owner;
}

export function withCall(context: FlowContext, call: GenAiCall): FlowContext {
  return context.setValue(KEY, { call, owner: call } satisfies CurrentCall);
}

/** Returns a context in which the usage of calls is added to `owner`. */
export function withUsageOwner(context: FlowContext, owner: UsageOwner | undefined): FlowContext {
  const call = currentOf(context)?.call;
  return context.setValue(KEY, { call, owner } satisfies CurrentCall);
}
