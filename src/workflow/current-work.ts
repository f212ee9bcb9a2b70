import { createContextKey, type Context } from '@opentelemetry/api';
import type { FlowContext } from '../context/flow-context.js';
import { withUsageOwner } from '../genai/current-call.js';
import type { UsageOwner } from '../genai/usage.js';

/** The run and the stage that the running code belongs to. */
export interface CurrentWork<R> {
  readonly run: R | undefined;
  /** The owner that adds up the usage of models: the nearest stage, else the run. */
  readonly usage: UsageOwner | undefined;
}

const KEY = createContextKey('nestjs-telemetry.workflow');

export function currentWork<R>(context: Context): CurrentWork<R> | undefined {
  return context.getValue(KEY) as CurrentWork<R> | undefined;
}

/** Makes the usage of models that are called in the context count for the given work. */
export function withWork<R>(context: FlowContext, work: CurrentWork<R>): FlowContext {
  return withUsageOwner(context.setValue(KEY, work), work.usage);
}
