import type { Span } from '@opentelemetry/api';
import { isObservable, type Observable } from 'rxjs';
import { runInContext, type FlowContext } from '../context/flow-context.js';
import { recordError } from './error-record.js';
import { spanAsyncIterable } from './span-async-iterable.js';
import { spanNodeStream, type NodeReadable } from './span-node-stream.js';
import { spanObservable } from './span-observable.js';
import { spanReadableStream } from './span-readable-stream.js';
import { activating, StreamSpan, type StreamListener } from './stream-span.js';

/**
 * Runs `fn` with `span` active and ends the span when the result is there: at once for a value, when it settles for a promise, when
 * the stream is over for an Observable, an async iterable or generator, a web or Node stream, or a promise of one.
 *
 * Values are handed through unchanged. A stream is handed through as one that does the same, its producer having the span active.
 *
 * @param startAnother - starts a span for each consumer of a stream after the first; without it they share one
 * @param listener - hears each chunk of a stream
 */
export function runInSpan<T>(
  span: Span,
  context: FlowContext,
  fn: (span: Span) => T,
  startAnother?: () => Span,
  listener?: StreamListener,
): T {
  // Telemetry is off: the span is the caller's, and not ours to end.
  if (span === context.span) return runInContext(context, fn, span);
  let result: T;
  try {
    result = runInContext(activating(span, context), fn, span);
  } catch (error) {
    fail(span, error);
    throw error;
  }
  if (typeof result !== 'object' || result === null) {
    span.end();
    return result;
  }
  if (result instanceof Promise) {
    return result.then(
      (value: unknown) => endWith(span, context, value, startAnother, listener),
      (error: unknown) => {
        fail(span, error);
        throw error;
      },
    ) as T;
  }
  return endWith(span, context, result, startAnother, listener);
}

function endWith<T>(
  span: Span,
  context: FlowContext,
  result: T,
  startAnother?: () => Span,
  listener?: StreamListener,
): T {
  const traced =
    typeof result === 'object' && result !== null
      ? tracedStream(result, () => new StreamSpan(span, context, startAnother, listener))
      : undefined;
  if (traced !== undefined) return traced;
  span.end();
  return result;
}

function tracedStream<T extends object>(result: T, stream: () => StreamSpan): T | undefined {
  try {
    if (typeof (result as { then?: unknown }).then === 'function') return undefined;
    if (isObservable(result)) return spanObservable(result as Observable<unknown>, stream()) as unknown as T;
    if (result instanceof ReadableStream) {
      return result.locked ? undefined : (spanReadableStream(result, stream()) as unknown as T);
    }
    if (isNodeReadable(result)) return spanNodeStream(result, stream());
    return Symbol.asyncIterator in result
      ? spanAsyncIterable(result as T & AsyncIterable<unknown>, stream())
      : undefined;
  } catch {
    // A stand-in that refuses to be looked at is no stream.
    return undefined;
  }
}

function isNodeReadable(value: object): value is NodeReadable {
  const { pipe, read, once } = value as Partial<NodeReadable>;
  return typeof pipe === 'function' && typeof read === 'function' && typeof once === 'function';
}

function fail(span: Span, error: unknown): void {
  recordError(span, error);
  span.end();
}
