import type { IncomingHttpHeaders } from 'node:http';

export type HttpScheme = 'http' | 'https';

/** A finished request as metrics see it; all fields but `seconds` and the sizes take few values. */
export interface MeasuredRequest {
  readonly request: { readonly httpVersion: string; readonly headers: IncomingHttpHeaders };
  /** `GET`, or `_OTHER` for an unknown method. */
  readonly method: string;
  readonly scheme: HttpScheme;
  /** Absent for a request that matched no route. */
  readonly route: string | undefined;
  /** Name and type of a GraphQL operation. */
  readonly operation: string | undefined;
  readonly operationType: string | undefined;
  readonly response: { getHeader(name: string): unknown };
  /** Absent where the connection closed before there was an answer. */
  readonly status: number | undefined;
  readonly errorType: string | undefined;
  /** Seconds until the response had closed. */
  readonly seconds: number;
  /** Figures of a response that was a stream. */
  readonly stream: MeasuredStream | undefined;
}

/** The part of a {@link MeasuredRequest} that only streams have. */
export interface MeasuredStream {
  readonly type: string;
  /** One of a few words, such as `completed`. */
  readonly outcome: string;
  /** Seconds until the first byte was written; absent if none was. */
  readonly secondsToFirstByte: number | undefined;
  readonly bytes: number;
}

/** A gauge of things that are going on, for one set of attributes. */
export interface ActiveCount {
  value: number;
  /** Whether anything was counted that belongs here for certain, so that it is reported even at zero. */
  certain: boolean;
}

/** Measures the requests of one instance, sampled or not. */
export interface RequestMeter {
  /** The counter of requests like this one, which are under way. */
  activeRequests(method: string, scheme: HttpScheme): ActiveCount;
  /** The counter of open streams of this type. */
  activeStreams(type: string): ActiveCount;
  finished(measured: MeasuredRequest): void;
}
