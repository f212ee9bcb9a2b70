import { monotonicMillis } from '../tracing/clock.js';
import { errorType } from '../tracing/exception.js';
import type { GraphqlOperation } from './graphql-operation.js';
import type { RawRequest, RawResponse } from './http-options.js';
import type { ActiveCount, HttpScheme, MeasuredStream, RequestMeter } from '../tracing/request-meter.js';
import { isKnownMethod } from './http-method.js';
import type { RequestDescription } from './request-description.js';
import type { StreamOutcome } from './stream-options.js';

const DISCONNECTED = 'client_disconnect';

/** Figures of a response that is a stream. */
export interface StreamFigures {
  readonly type: string;
  readonly bytes: number;
  /** Whether the response became a stream. */
  readonly began: boolean;
  outcome(): StreamOutcome;
}

/** The members of a request that are measured. */
interface Measured {
  readonly request: RawRequest;
  readonly response: RawResponse;
  readonly span: { readonly startMonotonic: number };
}

/**
 * The measurement of one request. It counts as active in the instance that owns it, which may change when
 * the route is known, and is recorded there when the response has closed. Sampling has no effect on it.
 */
export class RequestMeasurement {
  private meter: RequestMeter | undefined;
  private active: ActiveCount | undefined;
  private stream: ActiveCount | undefined;
  /** The time of the first byte, on the monotonic clock, in milliseconds. */
  private firstByteAt: number | undefined;
  private readonly request: RawRequest;
  private readonly response: RawResponse;
  /** The start, on the monotonic clock, in milliseconds. */
  private readonly startedAt: number;
  private readonly method: string;
  private readonly scheme: HttpScheme;

  constructor(
    { request, response, span }: Measured,
    { method, scheme }: RequestDescription,
    meter: RequestMeter,
  ) {
    this.request = request;
    this.response = response;
    this.startedAt = span.startMonotonic;
    this.method = isKnownMethod(method) ? method : '_OTHER';
    // An HTTP/2 client may send any scheme.
    this.scheme = scheme === 'https' ? 'https' : 'http';
    this.measureWith(meter);
  }

  /**
   * Moves the measurement to another instance. @param meter - absent if the request is not measured, such
   * as on an excluded route
   */
  moveTo(meter: RequestMeter | undefined): void {
    if (meter === this.meter) return;
    this.release();
    this.measureWith(meter);
  }

  /** Marks the current instance as final. */
  own(): void {
    if (this.active !== undefined) this.active.certain = true;
  }

  /** Whether the request is measured. */
  get wanted(): boolean {
    return this.meter !== undefined;
  }

  /** Called at the first byte of a stream. */
  streams(type: string): void {
    if (this.meter === undefined || this.stream !== undefined) return;
    this.firstByteAt = monotonicMillis();
    this.stream = this.meter.activeStreams(type);
    this.stream.value += 1;
    this.stream.certain = true;
  }

  /** Records the request after its response has closed; later calls have no effect. */
  finish(
    route: string | undefined,
    error: unknown,
    stream: StreamFigures | undefined,
    graphql: GraphqlOperation | undefined,
  ): void {
    const { meter, response } = this;
    if (meter === undefined) return;
    this.release();
    const { statusCode, writableEnded, headersSent } = response;
    const status = writableEnded || headersSent ? statusCode : undefined;
    const streamed = stream?.began === true ? this.measure(stream) : undefined;
    const disconnected = status === undefined || (!writableEnded && streamed === undefined);
    meter.finished({
      request: this.request,
      method: this.method,
      scheme: this.scheme,
      route,
      response,
      operation: graphql?.name,
      operationType: graphql?.type,
      status,
      errorType: disconnected ? DISCONNECTED : faultOf(status, error),
      seconds: (monotonicMillis() - this.startedAt) / 1000,
      stream: streamed,
    });
  }

  private measure(stream: StreamFigures): MeasuredStream {
    const { firstByteAt } = this;
    const secondsToFirstByte = firstByteAt === undefined ? undefined : (firstByteAt - this.startedAt) / 1000;
    return { type: stream.type, bytes: stream.bytes, outcome: stream.outcome(), secondsToFirstByte };
  }

  private measureWith(meter: RequestMeter | undefined): void {
    this.meter = meter;
    this.active = meter?.activeRequests(this.method, this.scheme);
    if (this.active !== undefined) this.active.value += 1;
  }

  private release(): void {
    if (this.active !== undefined) this.active.value -= 1;
    if (this.stream !== undefined) this.stream.value -= 1;
    this.active = undefined;
    this.stream = undefined;
    this.meter = undefined;
  }
}

function faultOf(status: number, error: unknown): string | undefined {
  if (status < 500) return undefined;
  return error === undefined ? String(status) : errorType(error);
}
