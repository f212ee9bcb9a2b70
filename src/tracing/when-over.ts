import type { Span } from '@opentelemetry/api';
import { activeContext } from '../context/flow-context.js';
import { runInSpan, type TracedCall } from './run-in-span.js';
import { NO_SPAN, UnrecordedSpan } from './unrecorded-span.js';

/** Told how a call ended. @param failure - holds what was thrown, if anything was */
export type OnOver = (failure: { readonly error: unknown } | undefined) => void;

/** No span, but it ends when one would. */
class Watch extends UnrecordedSpan {
  private failure: { readonly error: unknown } | undefined;
  private over = false;

  constructor(private readonly onOver: OnOver) {
    super(NO_SPAN.spanContext(), false);
  }

  override failed(error: unknown): void {
    this.failure = { error };
  }

  override end(): void {
    if (this.over) return;
    this.over = true;
    this.onOver(this.failure);
  }
}

/**
 * Runs a call, hands its result through as {@link runInSpan} does, and tells when it is over: a promise
 * settled, a stream at its end, consumed by its last reader.
 */
export function whenOver<T>(fn: () => T, onOver: OnOver, call: TracedCall): T {
  const watch: Span = new Watch(onOver);
  return runInSpan(watch, activeContext(), fn, call);
}
