import type { IncomingHttpHeaders } from 'node:http';

export type HttpScheme = 'http' | 'https';

/**
 * A finished request, as metrics see it. All fields except `seconds` and the sizes have few possible
 * values.
 */
export interface MeasuredRequest {
  readonly request: { readonly httpVersion: string; readonly headers: IncomingHttpHeaders };
  /** The method, such as `GET`, or `_OTHER` for an unknown one. */
  readonly method: string;
  readonly scheme: HttpScheme;
  /** The route; absent if the request matched none. */
  readonly route: string | undefined;
  /** The name and type of a GraphQL operation. */
  readonly operation: string | undefined;
  readonly operationType: string | undefined;
  readonly response: { getHeader(name: string): unknown };
  /** The status code; absent if the connection closed before a response. */
  readonly status: number | undefined;
  readonly errorType: string | undefined;
  /** The time until the response closed, in seconds. */
  readonly seconds: number;
  /** Figures of the response, if it was a stream. */
  readonly stream: MeasuredStream | undefined;
}

/** The figures of a {@link MeasuredRequest} that only streams have. */
export interface MeasuredStream {
  readonly type: string;
  /** The outcome, such as `completed`: one of a few words. */
  readonly outcome: string;
  /** The time until the first byte, in seconds; absent if none was written. */
  readonly secondsToFirstByte: number | undefined;
  readonly bytes: number;
}

/** Counts items in progress for one set of attributes. */
export interface ActiveCount {
  value: number;
  /** Whether a counted item certainly belongs to this instance; then the gauge is reported even at zero. */
  certain: boolean;
}

/** Measures the requests of one instance, sampled or not. */
export interface RequestMeter {
  /** Returns the counter of active requests with this method and scheme. */
  activeRequests(method: string, scheme: HttpScheme): ActiveCount;
  /** Returns the counter of open streams of this type. */
  activeStreams(type: string): ActiveCount;
  finished(measured: MeasuredRequest): void;
}
