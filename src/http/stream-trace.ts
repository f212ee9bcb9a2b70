import { SpanStatusCode, type Span } from '@opentelemetry/api';
import type { Entry } from '../context/flow-context.js';
import { recordError } from '../tracing/error-record.js';
import type { RawRequest, RawResponse } from './http-options.js';
import type { InstanceView } from './instance-view.js';
import type { RequestDescription } from './request-description.js';
import type { RequestMeasurement, StreamFigures } from './request-measurement.js';
import type { ServerSpan } from './server-span.js';
import type { SseRoute, StreamOutcome } from './stream-options.js';

/** A request whose response is a stream. */
export interface StreamedRequest extends Entry {
  readonly request: RawRequest;
  readonly response: RawResponse;
  readonly span: ServerSpan;
  readonly instance: InstanceView | undefined;
  /** The span's name `{method} {route}`, once the route is known. */
  readonly spanName: string;
  /** The options, if the handler is an `@Sse` route whose stream is traced. */
  readonly sse: SseRoute | undefined;
  /** The stream, once the response is written in several pieces. */
  stream: StreamTrace | undefined;
  readonly streams: StreamRegistry;
  readonly description: Pick<RequestDescription, 'serverless' | 'endsThroughWrite'>;
  /** The stream that is piped into the response. */
  source: BodySource | undefined;
  /** Whether `end` was called, so that the current chunk is the last. */
  ending: boolean;
  /** The measurement; absent while metrics are off. */
  readonly measurement: RequestMeasurement | undefined;
  /** Ends the request: the response has closed, or the app's server does not wait for it. */
  end(): void;
}

/** The streams of an app that have not ended. */
export interface StreamRegistry {
  add(stream: StreamTrace): void;
  delete(stream: StreamTrace): void;
  /** Whether the app is shutting down, so that streams must end. */
  readonly closing: boolean;
}

/** A Node stream that is piped into a response. */
export interface BodySource {
  readonly errored?: unknown;
  readonly readableEnded?: boolean;
}

/** A failure in the middle of a stream. */
interface Failure {
  readonly error: unknown;
  /** Whether the status line was sent before, so that no exception filter could respond. */
  readonly late: boolean;
}

/** A response of either protocol. */
interface Destroyable {
  destroy(...args: unknown[]): unknown;
}

/** A response that is written in several pieces: it counts what was sent, and records the outcome. */
export class StreamTrace implements StreamFigures {
  bytes = 0;
  protected failure: Failure | undefined;
  private cause: 'server_shutdown' | 'limit' | undefined;
  private aborted = false;

  constructor(readonly trace: StreamedRequest) {
    trace.streams.add(this);
    if (trace.request.method !== 'HEAD') this.watchDestroy(trace.response);
  }

  /** Observes `destroy`, which only the server calls: a client that leaves just closes the response. */
  private watchDestroy(response: Destroyable): void {
    const destroy = response.destroy.bind(response);
    response.destroy = (...args) => {
      if (!this.trace.response.writableEnded) this.destroyed();
      return destroy(...args);
    };
  }

  /** Called when the server destroys the response, as Nest does if a body fails in the middle. */
  protected destroyed(): void {
    this.aborted = true;
  }

  /** The span with the stream's attributes and events. */
  protected get span(): Span {
    return this.trace.span;
  }

  /** The stream's type: `sse`, or the route's own `type`; `body` for any other stream. */
  get type(): string {
    return 'body';
  }

  get began(): boolean {
    return true;
  }

  /** Counts a chunk that is passed to the connection. */
  wrote(chunk: unknown, encoding: unknown): void {
    const first = this.bytes === 0;
    this.bytes += byteLength(chunk, encoding);
    if (first) this.trace.measurement?.streams(this.type);
  }

  /** Records a failure of the producer or of a later stage. Only the first one is kept. */
  failed(error: unknown): void {
    this.failure ??= { error, late: this.trace.response.headersSent };
  }

  /** Records that the server ended the stream before its producer did. Only the first cause is kept. */
  cutBy(cause: 'server_shutdown' | 'limit'): void {
    this.cause ??= cause;
  }

  /** Ends the stream from the server's side. A response that the app writes itself is left alone. */
  shutDown(): void {
    // The app controls this producer.
  }

  /** Whether `shutDown` must wait until the response has closed. */
  get endsOnShutdown(): boolean {
    return false;
  }

  /** Records the outcome on the span. */
  finish(): void {
    this.trace.streams.delete(this);
    const errored = this.trace.source?.errored;
    if (errored !== undefined && errored !== null && (this.brokeOff || !isAbort(errored)))
      this.failed(errored);
    const { span } = this;
    if (this.cutShort) {
      span.setAttribute('error.type', 'premature_end');
      span.setStatus({ code: SpanStatusCode.ERROR });
    }
    span.setAttribute('stream.outcome', this.outcome());
    span.setAttribute('stream.bytes', this.bytes);
    if (this.failure?.late === true) this.recordLateFailure(this.failure.error);
  }

  outcome(): StreamOutcome {
    if (this.cause !== undefined) return this.cause;
    if (this.failure !== undefined || this.cutShort) return 'error';
    const { response } = this.trace;
    // An HTTP/2 response does not show whether everything was sent, and one of Fastify's `inject()` shows
    // it too late.
    const { writableFinished, isLightMyRequest } = response as {
      writableFinished?: boolean;
      isLightMyRequest?: boolean;
    };
    const sent = writableFinished !== false || isLightMyRequest === true;
    if (response.writableEnded && sent) return 'completed';
    // A closing server cuts its connections.
    return this.trace.streams.closing ? 'server_shutdown' : 'client_disconnect';
  }

  /** Whether the server ended the stream early for a reason that only the framework knows. */
  protected get cutShort(): boolean {
    return this.cause === undefined && this.failure === undefined && this.brokeOff;
  }

  /** Whether the response was destroyed, or ended before its source. */
  protected get brokeOff(): boolean {
    const { response, source } = this.trace;
    return this.aborted || (response.writableEnded && source?.readableEnded === false);
  }

  /** Records a late failure, which only the span can show: the status 200 was already sent. */
  private recordLateFailure(error: unknown): void {
    for (const span of new Set([this.span, this.trace.span])) {
      // The status is set even if the error is the client's, since the response was to be a success.
      span.setStatus({ code: SpanStatusCode.ERROR });
      recordError(span, error);
    }
  }
}

function byteLength(chunk: unknown, encoding: unknown): number {
  if (typeof chunk === 'string') return Buffer.byteLength(chunk, encoding as BufferEncoding);
  return chunk instanceof Uint8Array ? chunk.byteLength : 0;
}

/** Whether a source was destroyed because its client had left. */
function isAbort(error: unknown): boolean {
  const { code, name } = error as { code?: unknown; name?: unknown };
  return code === 'ERR_STREAM_PREMATURE_CLOSE' || code === 'ECONNRESET' || name === 'AbortError';
}
