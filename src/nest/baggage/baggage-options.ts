import {
  anyOf,
  arrayOf,
  boolean,
  type Check,
  fn,
  leaf,
  literal,
  object,
  record,
  string,
  withMethods,
} from '../../config/schema.js';
import type { RawRequest } from '../../http/http-options.js';

/** The request that a resolver receives, in the same form on Express and Fastify. */
export interface BaggageRequest {
  /** The request's headers, with names in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The HTTP method, such as `POST`. */
  readonly method: string;
  /** The path and query. */
  readonly url: string;
  /** The route's parameters. */
  readonly params?: unknown;
  /** The query's parameters. */
  readonly query?: unknown;
  /** The parsed body. */
  readonly body?: unknown;
  /** The user that an authentication guard set. */
  readonly user?: unknown;
}

/**
 * The baggage options: sources of entries, trusted callers, and the spans and metrics that show entries.
 */
export interface BaggageOptions {
  /**
   * Request headers with the entry of each, which is also put on every span of the request. Default:
   * `x-user-id` → `user.id`, `x-session-id` → `session.id`. `{}` reads none.
   */
  readonly headers?: Readonly<Record<string, string>>;
  /**
   * Headers that every request must have; without one, the response is 400 with the header's name. Default:
   * none.
   */
  readonly required?: readonly string[];
  /**
   * Properties of `request.user`, with the entry of each; default `id` → `user.id`. They are verified, so
   * they win over headers. They are read when the guard runs: after global guards, or where you placed it.
   */
  readonly user?: Readonly<Record<string, string>>;
  /**
   * Returns further entries for a request; called when the guard runs. An error is logged and never affects
   * the request. A promise delays the request, at most for 5 seconds.
   */
  readonly entries?: (
    request: BaggageRequest,
  ) =>
    | Readonly<Record<string, string | undefined>>
    | undefined
    | Promise<Readonly<Record<string, string | undefined>> | undefined>;
  /** Purposes of requests by route. The first match becomes the entry `app.user.intent`. Default: none. */
  readonly intent?: Readonly<Record<string, string>>;
  /**
   * The caller's `baggage` entries to keep, exact or with `*` at the end; default: none, or all for
   * requests that `trust` accepts. The names in `headers` are always kept.
   */
  readonly allow?: readonly string[];
  /**
   * Names of entries to refuse, exact or with `*` at the end, in addition to secrets such as `db.password`.
   * Default: none.
   */
  readonly deny?: readonly string[];
  /**
   * Whether a request's identity headers and baggage are kept. An error in the predicate counts as `false`.
   * Default: they are kept by the other rules.
   */
  readonly trust?: (request: RawRequest) => boolean;
  /**
   * Further entries that are put on every span of the request, exact or with `*` at the end; default: only
   * those in `headers`.
   */
  readonly attributes?: readonly string[];
  /** Entries that are put on metrics, as exact names; each value creates a time series. Default: none. */
  readonly metricAttributes?: readonly string[];
  /**
   * Whether the guard runs for all routes that the instance covers; `false` lets you place
   * {@link BaggageGuard} yourself. Default true.
   */
  readonly guard?: boolean;
}

const names = arrayOf(
  leaf({
    expected: 'the name of a baggage entry, or how it begins with `*` at the end',
    remedy: 'Such as `user.id` or `app.*`; a `*` elsewhere would match nothing.',
    accepts: (value) => typeof value === 'string' && /^([^*]+\*?|\*)$/.test(value),
  }),
);
const headerName = leaf({
  expected: 'a header name',
  remedy: 'Letters, digits and `-`, without the colon.',
  accepts: (value) => typeof value === 'string' && /^[\w!#$%&'*+.^`|~-]+$/.test(value),
});
const entryName = leaf({
  expected: 'the name of a baggage entry',
  remedy: 'Such as `user.id`.',
  accepts: (value) =>
    typeof value === 'string' && /^[\w!#$%&'+.^`|~/-]+$/.test(value) && !(value in Object.prototype),
});
const exactNames = arrayOf(
  leaf({
    expected: 'the exact name of a baggage entry',
    remedy: 'Name each entry that may stand on metrics; a pattern could bring any number of time series.',
    accepts: (value) => typeof value === 'string' && value !== '' && !value.includes('*'),
  }),
);

/** Validates the option `baggage`. */
export const baggageOptionsCheck: Check = anyOf(
  literal(false),
  object({
    headers: record(entryName, headerName),
    required: arrayOf(headerName),
    user: record(entryName),
    entries: fn,
    intent: record(string),
    allow: names,
    deny: names,
    trust: fn,
    attributes: names,
    metricAttributes: exactNames,
    guard: boolean,
  }),
);

const host = leaf({
  expected: 'a host such as `api.example.com`, `localhost:3000`, `*.example.com` or `*`',
  remedy: 'Without scheme and path.',
  accepts: (value) =>
    typeof value === 'string' &&
    /^(\*|(\*\.)?([\w-]+\.)*[\w-]+(:\d+)?|\[[\da-f:.]+\](:\d+)?|[\da-f:]+)$/i.test(value),
});

/** Validates the option `propagation`. */
export const propagationOptionsCheck: Check = object({
  propagators: arrayOf(
    anyOf(
      withMethods('a TextMapPropagator', 'inject', 'extract', 'fields'),
      literal('tracecontext', 'baggage', 'b3', 'b3multi', 'jaeger'),
    ),
  ),
  traceHosts: arrayOf(host),
  baggageHosts: arrayOf(host),
});
