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

/** Facts about a call, apart from its span. */
export interface TracedCall {
  readonly name: string;
  /** The user's function, if the called one wraps it; shows whether each call makes a new promise. */
  readonly written?: unknown;
  /** Called with a result before the span ends; not for streams or errors. Must not throw. */
  readonly onResult?: ((span: Span, result: unknown) => void) | undefined;
  /** Whether `onResult` has anything to do for the span; default: it has. */
  readonly notes?: ((span: Span) => boolean) | undefined;
  /** Starts a span for each further consumer of a stream; without it, all consumers share one span. */
  readonly startAnother?: (() => Span) | undefined;
  /** Observes each chunk of a stream. */
  readonly listener?: StreamListener | undefined;
  /** Reports rejections of promises that are returned unchanged. */
  readonly log?: RateLimitedLog | undefined;
}

/**
 * Runs `fn` with `span` active and ends the span when the result is complete: at once for a value; when a
 * promise settles; when an Observable, an async iterable or generator, or a web or Node stream ends, even
 * behind a promise.
 *
 * - Values are returned unchanged.
 * - The promise of an `async` function belongs to its caller alone, who gets an equivalent derived promise.
 * - Any other promise is returned unchanged; the span listens to it.
 * - A lazy object is returned unchanged. It runs in the span, which ends when the first `then` settles.
 * - A stream is returned as an equivalent one whose producer has the span active.
 */
export function runInSpan<T>(span: Span, context: FlowContext, fn: (span: Span) => T, call: TracedCall): T {
  // Telemetry is off: the span is the caller's and must not be ended here.
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

/** A call that returned an object: its result, or a stream or lazy object with more to come. */
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

  /**
   * Follows a result: the span ends when its promise or stream does.
   *
   * @param written - the user's function; absent if the result belongs to this library alone
   */
  follow(result: unknown, written?: unknown): unknown {
    if (typeof result !== 'object' || result === null) return this.end(result);
    const kind = promiseKind(result);
    if (kind === 'none') return this.end(result);
    if (kind === 'lazy') return spanLazy(result, this);
    if (written === undefined || makesOwnPromises(written)) return this.derive(result as Promise<unknown>);
    this.listen(result);
    return result;
  }

  /**
   * Ends the span, unless the result is a stream, which ends it later.
   *
   * @returns the traced stream if the result is a stream, else the result
   */
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
   * Listens to a promise that is returned unchanged. Its result is unchanged, too, so of streams only
   * Node's can be followed.
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
    // A test double that throws on access is not a stream.
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

/** Whether a result is still active, such as an event emitter or a stream that is being read. */
export function isOpen(result: unknown): boolean {
  if (typeof result !== 'object' || result === null) return false;
  try {
    const { then, subscribe, pipe, getReader } = result as Record<string, unknown>;
    return (
      [then, subscribe, pipe, getReader].some((method) => typeof method === 'function') ||
      Symbol.asyncIterator in result
    );
  } catch {
    // A test double may throw on any access.
    return true;
  }
}

function fail(span: Span, error: unknown): void {
  recordError(span, error);
  span.end();
}
