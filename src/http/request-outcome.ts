import { SpanStatusCode } from '@opentelemetry/api';
import { recordError } from '../tracing/error-record.js';
import type { RawResponse } from './http-options.js';
import type { ServerSpan } from './server-span.js';

/**
 * Tells the span how the request was answered: a status of 500 or more is a failure, one below is not,
 * whatever was thrown. A client that left before the end got no whole answer.
 *
 * @param error - what guard, pipe, handler or router threw
 */
export function recordOutcome(span: ServerSpan, response: RawResponse, error: unknown): void {
  const ended = response.writableEnded;
  if (!ended) span.setAttribute('nestjs.request.aborted', true);
  if (!ended && !response.headersSent) return;
  span.setAttribute('http.response.status_code', response.statusCode);
  if (!ended || response.statusCode < 500) return;
  if (error === undefined) span.setAttribute('error.type', String(response.statusCode));
  else recordError(span, error);
  span.setStatus({ code: SpanStatusCode.ERROR });
}
