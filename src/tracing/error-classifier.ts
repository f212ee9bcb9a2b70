import type { ErrorClassification } from '../config/error-classification.js';
import { codeFacts, type ErrorFacts } from './error-codes.js';
import { errorType } from './exception.js';

/** The most causes that are followed from a wrapping error. */
const MAX_DEPTH = 5;
const MAX_AGGREGATED = 20;

/** HTTP statuses after which a retry may succeed. */
const RETRYABLE_STATUS: ReadonlySet<number> = new Set([408, 425, 429, 502, 503, 504]);

/** GraphQL codes for mistakes of the caller, as Apollo and Nest use them. */
const CALLERS_MISTAKE = /^(BAD_REQUEST|BAD_USER_INPUT|UNAUTHENTICATED|FORBIDDEN)$/;

/** Names of errors that report invalid input. */
const VALIDATION = /^(ZodError|\$ZodError|ValiError|ValidationError|AssertError|TypeBoxError)$/;
const TIMEOUT = /Timeout(Error|Exception)?$/;

/**
 * Classifies an error by its own facts (status of an `HttpException`, error code, SQLSTATE, name), else by
 * those of its causes.
 *
 * An `HttpException` below 500 is expected. `error.category` is `validation`, `timeout`, `network` or
 * `database`, if known; a database's own code becomes `db.response.status_code`. Never throws.
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
    // An expected cause does not make the wrapping error expected.
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

/** Reads a `GraphQLError`: its code, and the HTTP status if it has one. */
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

/** Returns the facts that all of several errors share. */
function factsInCommon(errors: readonly unknown[], depth: number): ErrorFacts {
  const [first, ...others] = errors.map((error) => factsOf(error, depth - 1));
  const entries = Object.entries(first ?? {}) as [keyof ErrorFacts, unknown][];
  return Object.fromEntries(entries.filter(([key, value]) => others.every((facts) => facts[key] === value)));
}
