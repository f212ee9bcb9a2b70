import { SpanStatusCode, type Span } from '@opentelemetry/api';
import type { Entry } from '../context/flow-context.js';
import { recordError } from '../tracing/error-record.js';
import type { RawRequest, RawResponse } from './http-options.js';
import type { InstanceView } from './instance-view.js';
import type { RequestDescription } from './request-description.js';
import type { RequestMeasurement, StreamFigures } from './request-measurement.js';
import type { ServerSpan } from './server-span.js';
import type { SseRoute, StreamOutcome } from './stream-options.js';

/** The request whose response is a stream. */
export interface StreamedRequest extends Entry {
  readonly request: RawRequest;
  readonly response: RawResponse;
  readonly span: ServerSpan;
  readonly instance: InstanceView | undefined;
  /** `{method} {route}`, once the route is known. */
  readonly spanName: string;
  /** Set where the handler is an `@Sse` route whose stream is traced. */
  readonly sse: SseRoute | undefined;
  /** Set once the response is written piece by piece. */
  stream: StreamTrace | undefined;
  readonly streams: StreamRegistry;
  readonly description: Pick<RequestDescription, 'serverless' | 'endsThroughWrite'>;
  /** The stream that is piped into the response. */
  source: BodySource | undefined;
  /** `end` was called: what is written now is all there is. */
  ending: boolean;
  /** Set while metrics are on. */
  readonly measurement: RequestMeasurement | undefined;
  /** The response has closed, or the app's server does not wait for it. */
  end(): void;
}

/** The streams of an app that have not ended. */
export interface StreamRegistry {
  add(stream: StreamTrace): void;
  delete(stream: StreamTrace): void;
  /** Whether the app is shutting down, so that nothing may stay open. */
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
  /** The status line was out, so that no exception filter could answer. */
  readonly late: boolean;
}

/** Responses of both protocols. */
interface Destroyable {
  destroy(...args: unknown[]): unknown;
}

/** A response that is written piece by piece: how much of it was sent, and how it ended. */
export class StreamTrace implements StreamFigures {
  bytes = 0;
  protected failure: Failure | undefined;
  private cause: 'server_shutdown' | 'limit' | undefined;
  private aborted = false;

  constructor(readonly trace: StreamedRequest) {
    trace.streams.add(this);
    if (trace.request.method !== 'HEAD') this.watchDestroy(trace.response);
  }

  /** The server alone calls `destroy`: a client that leaves only closes the response. */
  private watchDestroy(response: Destroyable): void {
    const destroy = response.destroy.bind(response);
    response.destroy = (...args) => {
      if (!this.trace.response.writableEnded) this.destroyed();
      return destroy(...args);
    };
  }

  /** The server destroys the response before its end, as Nest does when a body fails in the middle. */
  protected destroyed(): void {
    this.aborted = true;
  }

  /** The span that gets the stream's attributes and events. */
  protected get span(): Span {
    return this.trace.span;
  }

  /** `sse`, or what the route calls itself; any other is a `body`. */
  get type(): string {
    return 'body';
  }

  get began(): boolean {
    return true;
  }

  /** A piece of the body is handed to the connection. */
  wrote(chunk: unknown, encoding: unknown): void {
    const first = this.bytes === 0;
    this.bytes += byteLength(chunk, encoding);
    if (first) this.trace.measurement?.streams(this.type);
  }

  /** Records a failure of the producer or of a stage between it and the client; the first one counts. */
  failed(error: unknown): void {
    this.failure ??= { error, late: this.trace.response.headersSent };
  }

  /** The server ends the stream before its producer does; the first cause counts. */
  cutBy(cause: 'server_shutdown' | 'limit'): void {
    this.cause ??= cause;
  }

  /** Ends the stream from the server's side; a response that the app writes by itself is left to it. */
  shutDown(): void {
    // Its producer is not ours to stop.
  }

  /** Whether `shutDown` has to see the response closed. */
  get endsOnShutdown(): boolean {
    return false;
  }

  /** Tells the span what became of the stream. */
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
    // An HTTP/2 response does not tell whether everything was sent, one of Fastify's
    // `inject()` tells it too late.
    const { writableFinished, isLightMyRequest } = response as {
      writableFinished?: boolean;
      isLightMyRequest?: boolean;
    };
    const sent = writableFinished !== false || isLightMyRequest === true;
    if (response.writableEnded && sent) return 'completed';
    // A server that closes cuts its connections.
    return this.trace.streams.closing ? 'server_shutdown' : 'client_disconnect';
  }

  /** Whether the server broke off for a reason that only the framework knows. */
  protected get cutShort(): boolean {
    return this.cause === undefined && this.failure === undefined && this.brokeOff;
  }

  /** Whether the response was destroyed, or ended before its source. */
  protected get brokeOff(): boolean {
    const { response, source } = this.trace;
    return this.aborted || (response.writableEnded && source?.readableEnded === false);
  }

  /** The status was 200 long ago: only the span can tell. */
  private recordLateFailure(error: unknown): void {
    for (const span of new Set([this.span, this.trace.span])) {
      // Also where the error is the client's: its answer was to be a success.
      span.setStatus({ code: SpanStatusCode.ERROR });
      recordError(span, error);
    }
  }
}

function byteLength(chunk: unknown, encoding: unknown): number {
  if (typeof chunk === 'string') return Buffer.byteLength(chunk, encoding as BufferEncoding);
  return chunk instanceof Uint8Array ? chunk.byteLength : 0;
}

/** Whether a source was destroyed because its client had gone. */
function isAbort(error: unknown): boolean {
  const { code, name } = error as { code?: unknown; name?: unknown };
  return code === 'ERR_STREAM_PREMATURE_CLOSE' || code === 'ECONNRESET' || name === 'AbortError';
}
