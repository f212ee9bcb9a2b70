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

/** The request as a resolver sees it, on Express and Fastify alike. */
export interface BaggageRequest {
  /** Request headers, names in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** HTTP method, such as `POST`. */
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  /** Parameters of the route. */
  readonly params?: unknown;
  /** Parameters of the query. */
  readonly query?: unknown;
  /** The parsed body. */
  readonly body?: unknown;
  /** The user that an authentication guard put there. */
  readonly user?: unknown;
}

/** Options for baggage: where entries come from, which are trusted, and where they show. */
export interface BaggageOptions {
  /**
   * Request headers and the entries that they become, which are also put on every span of the request;
   * default `x-user-id` → `user.id`, `x-session-id` → `session.id`. `{}` reads none.
   */
  readonly headers?: Readonly<Record<string, string>>;
  /** Headers without which a request is answered with 400 and the header's name. */
  readonly required?: readonly string[];
  /**
   * Properties of `request.user` and the entries that they become; default `id` → `user.id`.
   * They are verified, so they win over headers. Read when the guard runs: after global
   * guards, or where you placed it.
   */
  readonly user?: Readonly<Record<string, string>>;
  /**
   * More entries, told by the request; read when the guard runs. An error in it is logged and never affects
   * the request; a promise is waited for, for 5 seconds at most.
   */
  readonly entries?: (
    request: BaggageRequest,
  ) =>
    | Readonly<Record<string, string | undefined>>
    | undefined
    | Promise<Readonly<Record<string, string | undefined>> | undefined>;
  /** The purpose of requests by route; the first match becomes the entry `app.user.intent`. */
  readonly intent?: Readonly<Record<string, string>>;
  /**
   * Entries of the caller's `baggage` that are kept, exact or with `*` at the end; default none, or all where
   * `trust` says yes. The names in `headers` are always kept.
   */
  readonly allow?: readonly string[];
  /**
   * Names that are never taken, exact or with `*` at the end, besides those of secrets such as `db.password`.
   */
  readonly deny?: readonly string[];
  /**
   * Whether a request's identity headers and baggage are kept at all; a predicate that
   * throws counts as `false`.
   */
  readonly trust?: (request: RawRequest) => boolean;
  /**
   * Entries that are put on every span that starts in the request, besides those in `headers`;
   * exact or with `*` at the end.
   */
  readonly attributes?: readonly string[];
  /** Entries that are put on metrics, one by one: each value makes a time series of its own. Default none. */
  readonly metricAttributes?: readonly string[];
  /**
   * Whether the guard runs for everything the instance covers; `false` to place
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

/** Rule of the option `baggage`. */
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

/** Rule of the option `propagation`. */
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
