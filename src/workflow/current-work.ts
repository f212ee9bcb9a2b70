import { createContextKey, type Context } from '@opentelemetry/api';
import type { Usage } from './usage.js';

/** Whatever the usage of a model counts for. */
export interface UsageOwner {
  addUsage(usage: Usage): void;
}

/** What of a workflow the running code is in. */
export interface CurrentWork<R> {
  readonly run: R | undefined;
  /** The nearest stage, else the run. */
  readonly usage: UsageOwner | undefined;
}

const KEY = createContextKey('nestjs-telemetry.workflow');

export function currentWork<R>(context: Context): CurrentWork<R> | undefined {
  return context.getValue(KEY) as CurrentWork<R> | undefined;
}

export function withWork<C extends Context, R>(context: C, work: CurrentWork<R>): ReturnType<C['setValue']> {
  return context.setValue(KEY, work) as ReturnType<C['setValue']>;
}
