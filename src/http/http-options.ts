import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import type { Span } from '@opentelemetry/api';

/** The server's own request object, HTTP/1.1 or HTTP/2, before any framework wraps it. */
export type RawRequest = IncomingMessage | Http2ServerRequest;
/** The server's own response object. */
export type RawResponse = ServerResponse | Http2ServerResponse;

/** How requests become server spans. */
export interface HttpOptions {
  /**
   * Only these routes are traced; default all. A route is exact (`/health`), has `*` for any rest
   * (`/internal/*`), a method in front (`GET /health`), or is a regular expression. It is compared with the
   * route template, and with the path where no route matched.
   */
  readonly include?: readonly (string | RegExp)[];
  /** Routes, written as in `include`, that are not traced, nor anything below them. */
  readonly exclude?: readonly (string | RegExp)[];
  /**
   * Whether the caller's trace is continued; default true. At a public edge give `false` or a
   * predicate: an untrusted caller starts a new trace that links to the caller's. A predicate that
   * throws counts as `false`.
   */
  readonly trustRemoteParent?: boolean | ((request: RawRequest) => boolean);
  /** Response header that tells the trace id, such as `x-trace-id`; default none. */
  readonly traceIdHeader?: string;
  /**
   * Query parameters whose values are replaced by `REDACTED`, added to the built-in list
   * of signatures and tokens.
   */
  readonly redactQuery?: readonly string[];
  /** Adds `http.request.body.size` and `http.response.body.size`, in bytes as sent; default false. */
  readonly bodySizes?: boolean;
  /** Called when the span is created; an error in it is logged and never affects the request. */
  readonly requestHook?: (span: Span, request: RawRequest) => void;
  /** Called before the span ends; an error in it is logged and never affects the request. */
  readonly responseHook?: (span: Span, request: RawRequest, response: RawResponse) => void;
}
