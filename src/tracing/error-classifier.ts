import type { ErrorClassification } from '../config/error-classification.js';
import { codeFacts, type ErrorFacts } from './error-codes.js';
import { errorType } from './exception.js';

/** How far wrapped errors are followed. */
const MAX_DEPTH = 5;
const MAX_AGGREGATED = 20;

/** Statuses of a response that another try may turn into a success. */
const RETRYABLE_STATUS: ReadonlySet<number> = new Set([408, 425, 429, 502, 503, 504]);

/** Codes by which GraphQL tells callers of their own mistakes, as Apollo and Nest do. */
const CALLERS_MISTAKE = /^(BAD_REQUEST|BAD_USER_INPUT|UNAUTHENTICATED|FORBIDDEN)$/;

/** Names of errors that say that data did not have the form which was asked for. */
const VALIDATION = /^(ZodError|\$ZodError|ValiError|ValidationError|AssertError|TypeBoxError)$/;
const TIMEOUT = /Timeout(Error|Exception)?$/;

/**
 * Judges an error by what it shows: an `HttpException`'s status, an error code, an SQLSTATE, its name,
 * else those of its causes.
 *
 * An `HttpException` below 500 is expected. `error.category` is `validation`, `timeout`, `network` or
 * `database`, where one is known; a database's own code becomes `db.response.status_code`. Never throws.
 */
export function classifyError(error: unknown): ErrorClassification {
  const { category, retryable, expected, code } = factsOf(error, MAX_DEPTH);
  return {
    type: errorType(error),
    ...(retryable === undefined ? {} : { retryable }),
    ...(expected === undefined ? {} : { expected }),
    attributes: {
      ...(category === undefined ? {} : { 'error.category': category }),
      ...(code === undefined ? {} : { 'db.response.status_code': code }),
    },
  };
}

function factsOf(error: unknown, depth: number): ErrorFacts {
  if (typeof error !== 'object' || error === null || depth === 0) return {};
  try {
    if (Array.isArray((error as AggregateError).errors) && error instanceof AggregateError) {
      return factsInCommon(error.errors.slice(0, MAX_AGGREGATED), depth);
    }
    const own = statusFacts(error) ?? graphqlFacts(error) ?? codeFacts(error) ?? nameFacts(error);
    if (own !== undefined) return own;
    // A cause's `expected` says nothing about the wrapper.
    const { expected: _expected, ...facts } = factsOf((error as Error).cause, depth - 1);
    return facts;
  } catch {
    return {};
  }
}

function statusFacts(error: object): ErrorFacts | undefined {
  const { getStatus } = error as { getStatus?: unknown };
  if (typeof getStatus !== 'function') return undefined;
  return factsOfStatus(getStatus.call(error));
}

function factsOfStatus(status: unknown): ErrorFacts | undefined {
  if (typeof status !== 'number') return undefined;
  return { expected: status < 500, ...(RETRYABLE_STATUS.has(status) ? { retryable: true } : {}) };
}

/** A `GraphQLError` has a status for the answer, if any, beside its code. */
function graphqlFacts(error: object): ErrorFacts | undefined {
  const { extensions } = error as {
    extensions?: { readonly code?: unknown; readonly http?: { readonly status?: unknown } };
  };
  const facts = factsOfStatus(extensions?.http?.status);
  if (facts !== undefined) return facts;
  return CALLERS_MISTAKE.test(String(extensions?.code)) ? { expected: true } : undefined;
}

function nameFacts(error: object): ErrorFacts | undefined {
  const { name } = error as { name?: unknown };
  for (const candidate of [name, errorType(error)]) {
    if (typeof candidate !== 'string') continue;
    if (VALIDATION.test(candidate)) return { category: 'validation', retryable: false };
    if (TIMEOUT.test(candidate)) return { category: 'timeout', retryable: true };
  }
  return undefined;
}

/** Several errors at once are what all of them are. */
function factsInCommon(errors: readonly unknown[], depth: number): ErrorFacts {
  const [first, ...others] = errors.map((error) => factsOf(error, depth - 1));
  const entries = Object.entries(first ?? {}) as [keyof ErrorFacts, unknown][];
  return Object.fromEntries(entries.filter(([key, value]) => others.every((facts) => facts[key] === value)));
}
