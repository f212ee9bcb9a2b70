import type { ErrorClassification } from '../config/error-classification.js';
import { classifyError } from '../tracing/error-classifier.js';
import { errorType } from '../tracing/exception.js';
import { markRecorded } from '../tracing/recorded-errors.js';
import { withholdMessage } from '../tracing/withheld-message.js';
import { providerCodeOf, fieldsOf, numberOf } from './answers/fields.js';

const RETRYABLE: ReadonlySet<number> = new Set([408, 409, 425, 429, 500, 502, 503, 504, 529]);

/** Whether the app itself aborted the call. */
export function isAbort(error: unknown): boolean {
  const { name, code } = fieldsOf(error);
  return (
    name === 'AbortError' ||
    code === 'ABORT_ERR' ||
    /^(APIUserAbortError|AbortError|ResponseAborted)$/.test(errorType(error))
  );
}

/**
 * Classifies an error of a provider's client. `error.type` is the provider's own code, such as
 * `rate_limit_exceeded`, else the HTTP status.
 *
 * @returns nothing for errors of other origin
 */
export function classifyModelError(error: unknown): ErrorClassification | undefined {
  if (isAbort(error)) return { type: errorType(error), expected: true };
  const { code, type, message, data, getStatus } = fieldsOf(error);
  const status = statusOf(error);
  if (status === undefined || status < 400 || typeof getStatus === 'function') return undefined;
  const body = fieldsOf(fieldsOf(error)['error'] ?? fieldsOf(data)['error']);
  const told =
    providerCodeOf(code) ??
    providerCodeOf(fieldsOf(body['error'])['type']) ??
    providerCodeOf(body['code']) ??
    providerCodeOf(type) ??
    providerCodeOf(body['type']) ??
    googleStatus(message);
  return { type: told ?? String(status), retryable: RETRYABLE.has(status) };
}

function statusOf(error: unknown): number | undefined {
  const { status, statusCode } = fieldsOf(error);
  return numberOf(status) ?? numberOf(statusCode);
}

/** Returns the status in an error of Google's client, whose message is the provider's whole answer. */
function googleStatus(message: unknown): string | undefined {
  if (typeof message !== 'string' || !message.startsWith('{')) return undefined;
  try {
    return providerCodeOf(fieldsOf(fieldsOf(JSON.parse(message))['error'])['status']);
  } catch {
    return undefined;
  }
}

/**
 * Classifies an error whose message may repeat a prompt or an answer. Spans then show its class, and the
 * provider's status and codes, instead of the message.
 *
 * @returns nothing for errors that are not a provider's
 */
export function classifyWithheldError(error: unknown, traceId: string): ErrorClassification | undefined {
  if (typeof error === 'object' && error !== null) {
    withholdModelError(error);
    return classifyModelError(error);
  }
  // The event of a thrown text would show the text.
  markRecorded(error, traceId);
  return { ...classifyError(error), message: errorType(error) };
}

/** Replaces an error's message with its class and codes on every span that it passes. */
export function withholdModelError(error: unknown): void {
  withholdMessage(error, shownText);
}

/** Returns the code of the innermost cause that has one, such as `ECONNREFUSED`. */
function causeCodeOf(error: unknown, depth = 5): string | undefined {
  const { code, cause } = fieldsOf(error);
  return depth === 0 ? undefined : (causeCodeOf(cause, depth - 1) ?? providerCodeOf(code));
}

/** Returns an error's class and codes, such as `RateLimitError: 429 rate_limit_exceeded`. */
function shownText(error: object): string {
  const { code, cause } = fieldsOf(error);
  const { type } = classifyModelError(error) ?? {};
  const known = [
    statusOf(error)?.toString(),
    providerCodeOf(type),
    typeof code === 'number' ? String(code) : providerCodeOf(code),
    causeCodeOf(cause),
  ].filter((part) => part !== undefined);
  const name = errorType(error);
  const told = [...new Set(known)].filter((part) => part !== name).join(' ');
  return told === '' ? name : `${name}: ${told}`;
}
