import type { Span } from '@opentelemetry/api';
import { isObservable } from 'rxjs';
import { runInContext, type FlowContext } from '../context/flow-context.js';
import type { RateLimitedLog } from '../base/rate-limited-log.js';
import { recordError } from './error-record.js';
import { makesOwnPromises, promiseKind } from './promise-like.js';
import { spanAsyncIterable } from './span-async-iterable.js';
import { spanLazy } from './span-lazy.js';
import { spanNodeStream, type NodeReadable } from './span-node-stream.js';
import { spanObservable } from './span-observable.js';
import { spanReadableStream } from './span-readable-stream.js';
import { activating, StreamSpan, type StreamListener } from './stream-span.js';
import { listenTo } from './unhandled-rejection.js';

/** Facts about a call besides its span. */
export interface TracedCall {
  readonly name: string;
  /**
   * The function that was written, where the one that is called wraps it; tells whether its
   * promises are its caller's alone.
   */
  readonly written?: unknown;
  /** Looks at a result before the span ends; not at streams and errors. Must not throw. */
  readonly onResult?: ((span: Span, result: unknown) => void) | undefined;
  /** Whether `onResult` would do anything; without it, it would. */
  readonly notes?: ((span: Span) => boolean) | undefined;
  /** Starts a span for each consumer of a stream after the first; without it they share one. */
  readonly startAnother?: (() => Span) | undefined;
  /** Hears each chunk of a stream. */
  readonly listener?: StreamListener | undefined;
  /** Told of rejections of promises that are handed through. */
  readonly log?: RateLimitedLog | undefined;
}

/**
 * Runs `fn` with `span` active and ends the span when the result is there: at once for a value, when it
 * settles for a promise, when the stream is over for an Observable, an async iterable or generator, a web or
 * Node stream, or a promise of one.
 *
 * - Values are handed through unchanged.
 * - The promise of an `async` function is its caller's alone: the caller gets one that is derived
 *   from it, and settles alike.
 * - Any other promise is handed through; the span listens to it.
 * - A lazy object is handed through; the span ends when the first `then` settles, which runs in it.
 * - A stream is handed through as one that does the same, its producer having the span active.
 */
export function runInSpan<T>(span: Span, context: FlowContext, fn: (span: Span) => T, call: TracedCall): T {
  // Telemetry is off: the span is the caller's, and not ours to end.
  if (span === context.span) return runInContext(context, fn, span);
  let result: T;
  try {
    result = runInContext(activating(span, context), fn, span);
  } catch (error) {
    fail(span, error);
    throw error;
  }
  if (typeof result === 'object' && result !== null) {
    return new OpenCall(span, context, call).follow(result, call.written ?? fn) as T;
  }
  call.onResult?.(span, result);
  span.end();
  return result;
}

/** A call that has returned an object, which may be the result, or announce more to come. */
class OpenCall {
  constructor(
    private readonly span: Span,
    /** The caller's context. */
    private readonly outer: FlowContext,
    private readonly call: TracedCall,
  ) {}

  get context(): FlowContext {
    return activating(this.span, this.outer);
  }

  /** @param written - the function that made the result; without it, nobody else has what it returned */
  follow(result: unknown, written?: unknown): unknown {
    if (typeof result !== 'object' || result === null) return this.end(result);
    const kind = promiseKind(result);
    if (kind === 'none') return this.end(result);
    if (kind === 'lazy') return spanLazy(result, this);
    if (written === undefined || makesOwnPromises(written)) return this.derive(result as Promise<unknown>);
    this.listen(result);
    return result;
  }

  /** @returns the traced stream, if the result is one */
  end(result: unknown): unknown {
    const { span, outer, call } = this;
    if (typeof result === 'object' && result !== null) {
      const traced = tracedStream(
        result,
        () => new StreamSpan(span, outer, call.startAnother, call.listener),
      );
      if (traced !== undefined) return traced;
    }
    this.note(result);
    span.end();
    return result;
  }

  fail(error: unknown): void {
    fail(this.span, error);
  }

  endUnasked(): void {
    this.span.end();
  }

  private derive(promise: Promise<unknown>): Promise<unknown> {
    return promise.then(
      (value) => this.end(value),
      (error: unknown) => {
        this.fail(error);
        throw error;
      },
    );
  }

  /**
   * The promise is handed through, and so is what it resolves with: a stream of another kind than
   * Node's cannot be followed.
   */
  private listen(promise: object): void {
    listenTo(
      promise,
      this.call,
      (value) => {
        if (isNodeReadable(value)) this.end(value);
        else {
          this.note(value);
          this.span.end();
        }
      },
      (error) => {
        this.fail(error);
      },
    );
  }

  private note(result: unknown): void {
    const { onResult, notes } = this.call;
    if (onResult === undefined || notes?.(this.span) === false) return;
    if (!isOpen(result)) onResult(this.span, result);
  }
}

function tracedStream(result: object, stream: () => StreamSpan): object | undefined {
  try {
    if (isObservable(result)) return spanObservable(result, stream());
    if (result instanceof ReadableStream) {
      return result.locked ? undefined : spanReadableStream(result, stream());
    }
    if (isNodeReadable(result)) return spanNodeStream(result, stream());
    return Symbol.asyncIterator in result
      ? spanAsyncIterable(result as AsyncIterable<unknown>, stream())
      : undefined;
  } catch {
    // A stand-in that refuses to be looked at is not a stream.
    return undefined;
  }
}

function isNodeReadable(value: unknown): value is NodeReadable {
  try {
    const { pipe } = Object(value) as Partial<NodeReadable>;
    if (typeof pipe !== 'function') return false;
    const { read, once } = value as Partial<NodeReadable>;
    return typeof read === 'function' && typeof once === 'function';
  } catch {
    return false;
  }
}

/** Whether a result is still running, such as an emitter of events or a stream that is being read. */
export function isOpen(result: unknown): boolean {
  if (typeof result !== 'object' || result === null) return false;
  try {
    const { then, subscribe, pipe, getReader } = result as Record<string, unknown>;
    return (
      [then, subscribe, pipe, getReader].some((method) => typeof method === 'function') ||
      Symbol.asyncIterator in result
    );
  } catch {
    // A stand-in that refuses to be looked at.
    return true;
  }
}

function fail(span: Span, error: unknown): void {
  recordError(span, error);
  span.end();
}
