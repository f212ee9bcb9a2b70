import type { ErrorClassification } from '../config/error-classification.js';
import { classifyError } from '../tracing/error-classifier.js';
import { errorType } from '../tracing/exception.js';
import { markRecorded } from '../tracing/recorded-errors.js';
import { withholdMessage } from '../tracing/withheld-message.js';
import { codeOf, fieldsOf, numberOf } from './answers/answer.js';

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
  const { code, type, message, data, getStatus } = fieldsOf(error);
  const status = statusOf(error);
  if (status === undefined || status < 400 || typeof getStatus === 'function') return undefined;
  const body = fieldsOf(fieldsOf(error)['error'] ?? fieldsOf(data)['error']);
  const told =
    codeOf(code) ??
    codeOf(fieldsOf(body['error'])['type']) ??
    codeOf(body['code']) ??
    codeOf(type) ??
    codeOf(body['type']) ??
    googleStatus(message);
  return { type: told ?? String(status), retryable: RETRYABLE.has(status) };
}

function statusOf(error: unknown): number | undefined {
  const { status, statusCode } = fieldsOf(error);
  return numberOf(status) ?? numberOf(statusCode);
}

/** Google's client gives the provider's whole answer as the message. */
function googleStatus(message: unknown): string | undefined {
  if (typeof message !== 'string' || !message.startsWith('{')) return undefined;
  try {
    return codeOf(fieldsOf(fieldsOf(JSON.parse(message))['error'])['status']);
  } catch {
    return undefined;
  }
}

/**
 * Judges an error whose message may repeat a prompt or an answer: spans show its class, the provider's status
 * and codes in place of the message.
 *
 * @returns nothing for errors that come from elsewhere than from a provider
 */
export function classifyWithheldError(error: unknown, traceId: string): ErrorClassification | undefined {
  if (typeof error === 'object' && error !== null) {
    withholdModelError(error);
    return classifyModelError(error);
  }
  // An event of a thrown text would show it.
  markRecorded(error, traceId);
  return { ...classifyError(error), message: errorType(error) };
}

/** Has every span that an error passes show its class and codes in place of its message. */
export function withholdModelError(error: unknown): void {
  withholdMessage(error, shownText);
}

/** The code of the innermost cause that has one, such as `ECONNREFUSED`. */
function causeCodeOf(error: unknown, depth = 5): string | undefined {
  const { code, cause } = fieldsOf(error);
  return depth === 0 ? undefined : (causeCodeOf(cause, depth - 1) ?? codeOf(code));
}

/** Such as `RateLimitError: 429 rate_limit_exceeded`. */
function shownText(error: object): string {
  const { code, cause } = fieldsOf(error);
  const { type } = classifyModelError(error) ?? {};
  const known = [
    statusOf(error)?.toString(),
    codeOf(type),
    typeof code === 'number' ? String(code) : codeOf(code),
    causeCodeOf(cause),
  ].filter((part) => part !== undefined);
  const name = errorType(error);
  const told = [...new Set(known)].filter((part) => part !== name).join(' ');
  return told === '' ? name : `${name}: ${told}`;
}
