import type { Span } from '@opentelemetry/api';
import { activeContext } from '../context/flow-context.js';
import { runInSpan, type TracedCall } from './run-in-span.js';
import { NO_SPAN, UnrecordedSpan } from './unrecorded-span.js';

/** Called when a call has ended. @param failure - the thrown error, if the call failed */
export type OnOver = (failure: { readonly error: unknown } | undefined) => void;

/** Ends when a span of the call would end, but records nothing. */
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
 * Runs a call, returns its result as {@link runInSpan} does, and reports its end: when a promise settles,
 * or when the last consumer of a stream is done.
 */
export function whenOver<T>(fn: () => T, onOver: OnOver, call: TracedCall): T {
  const watch: Span = new Watch(onOver);
  return runInSpan(watch, activeContext(), fn, call);
}
