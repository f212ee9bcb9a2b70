import type { ErrorClassification } from '../config/error-classification.js';
import { errorType } from '../tracing/exception.js';
import { fieldsOf, textOf } from './answers/answer.js';

const RETRYABLE: ReadonlySet<number> = new Set([408, 409, 425, 429, 500, 502, 503, 504, 529]);

/** Whether the app itself broke the call off. */
export function isAbort(error: unknown): boolean {
  const { name, code } = fieldsOf(error);
  return (
    name === 'AbortError' ||
    code === 'ABORT_ERR' ||
    /^(APIUserAbortError|AbortError|ResponseAborted)$/.test(errorType(error))
  );
}

/**
 * Judges what a provider's client threw: `error.type` is the provider's own code, such as
 * `rate_limit_exceeded`, else the HTTP status.
 *
 * @returns nothing for errors that come from elsewhere
 */
export function classifyModelError(error: unknown): ErrorClassification | undefined {
  if (isAbort(error)) return { type: errorType(error), expected: true };
  const { status, code, type, getStatus } = fieldsOf(error);
  if (typeof status !== 'number' || status < 400 || typeof getStatus === 'function') return undefined;
  const body = fieldsOf(fieldsOf(error)['error']);
  const told =
    textOf(code) ?? textOf(fieldsOf(body['error'])['type']) ?? textOf(body['code']) ?? textOf(type);
  return { type: told ?? String(status), retryable: RETRYABLE.has(status) };
}
