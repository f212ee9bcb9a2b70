import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import type { Span } from '@opentelemetry/api';

/** Node's own request object, HTTP/1.1 or HTTP/2, without a framework's wrapper. */
export type RawRequest = IncomingMessage | Http2ServerRequest;
/** Node's own response object. */
export type RawResponse = ServerResponse | Http2ServerResponse;

/** The options of server spans. */
export interface HttpOptions {
  /**
   * The routes to trace; default: all. A route is exact (`/health`), ends with `*` (`/internal/*`), begins
   * with a method (`GET /health`), or is a regular expression. It is compared with the route template, or
   * with the path if no route matched.
   */
  readonly include?: readonly (string | RegExp)[];
  /** The routes not to trace, written as in `include`; all work in them is left out, too. Default: none. */
  readonly exclude?: readonly (string | RegExp)[];
  /**
   * Whether to continue the caller's trace; default true. At a public edge use `false` or a predicate: a
   * request of an untrusted caller starts a new trace with a link to the caller's. An error in the
   * predicate counts as `false`.
   */
  readonly trustRemoteParent?: boolean | ((request: RawRequest) => boolean);
  /** The response header with the trace id, such as `x-trace-id`; default: none. */
  readonly traceIdHeader?: string;
  /**
   * Query parameters whose values are replaced by `REDACTED`, in addition to signatures and tokens.
   * Default: none.
   */
  readonly redactQuery?: readonly string[];
  /**
   * Whether to record `http.request.body.size` and `http.response.body.size`, in bytes as transferred;
   * default false.
   */
  readonly bodySizes?: boolean;
  /** Called when the span is created. An error in it is logged and never affects the request. */
  readonly requestHook?: (span: Span, request: RawRequest) => void;
  /** Called before the span ends. An error in it is logged and never affects the request. */
  readonly responseHook?: (span: Span, request: RawRequest, response: RawResponse) => void;
}
