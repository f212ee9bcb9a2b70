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
  /** Whether it came to be a stream at all. */
  readonly began: boolean;
  outcome(): StreamOutcome;
}

/** The parts of a request that are measured. */
interface Measured {
  readonly request: RawRequest;
  readonly response: RawResponse;
  readonly span: { readonly startMonotonic: number };
}

/**
 * One request as metrics see it: counted as active by the instance that owns it if no route says
 * otherwise, then by the one that does, and measured by that one when the response has closed. Whether its
 * span is sampled plays no part.
 */
export class RequestMeasurement {
  private meter: RequestMeter | undefined;
  private active: ActiveCount | undefined;
  private stream: ActiveCount | undefined;
  /** On the monotonic clock, in milliseconds. */
  private firstByteAt: number | undefined;
  private readonly request: RawRequest;
  private readonly response: RawResponse;
  /** On the monotonic clock, in milliseconds. */
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
    // A client of HTTP/2 may call it anything.
    this.scheme = scheme === 'https' ? 'https' : 'http';
    this.measureWith(meter);
  }

  /**
   * Another instance owns it. @param meter - absent where the request is not
   * measured, as on an excluded route
   */
  moveTo(meter: RequestMeter | undefined): void {
    if (meter === this.meter) return;
    this.release();
    this.measureWith(meter);
  }

  /** The instance will not change any more. */
  own(): void {
    if (this.active !== undefined) this.active.certain = true;
  }

  /** Whether the request is measured. */
  get wanted(): boolean {
    return this.meter !== undefined;
  }

  /** The first byte of a stream is on its way. */
  streams(type: string): void {
    if (this.meter === undefined || this.stream !== undefined) return;
    this.firstByteAt = monotonicMillis();
    this.stream = this.meter.activeStreams(type);
    this.stream.value += 1;
    this.stream.certain = true;
  }

  /** The response has closed; later calls do nothing. */
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
