import type { Span } from '@opentelemetry/api';
import { runInContext, type FlowContext } from '../context/flow-context.js';
import { recordError } from './error-record.js';

/**
 * Runs `fn` with `span` active and ends the span when the result is there: at once for a value, when it settles for a promise.
 * The result itself is handed through unchanged.
 */
export function runInSpan<T>(span: Span, context: FlowContext, fn: (span: Span) => T): T {
  let result: T;
  try {
    result = runInContext(context.withSpan(span), fn, span);
  } catch (error) {
    fail(span, error);
    throw error;
  }
  return endWith(span, result);
}

function endWith<T>(span: Span, result: T): T {
  if (result instanceof Promise) {
    return result.then(
      (value: unknown) => {
        span.end();
        return value;
      },
      (error: unknown) => {
        fail(span, error);
        throw error;
      },
    ) as T;
  }
  span.end();
  return result;
}

function fail(span: Span, error: unknown): void {
  recordError(span, error);
  span.end();
}
