import { SpanStatusCode, type Span } from '@opentelemetry/api';
import { errorType } from './exception.js';

/** The trace in which each error was recorded, so that it is recorded once however many spans it passes through. */
const recordedIn = new WeakMap<object, string>();

/**
 * Puts a failure on a span: status, `error.type`, and the `exception` event where no other span of the trace has it yet.
 * An expected error (a client's fault, such as an `HttpException` below 500) sets `error.type` only.
 */
export function recordError(span: Span, error: unknown): void {
  if (!span.isRecording()) return;
  span.setAttribute('error.type', errorType(error));
  if (isExpected(error)) return;
  span.setStatus({ code: SpanStatusCode.ERROR, message: messageOf(error) });
  if (typeof error === 'object' && error !== null) {
    const { traceId } = span.spanContext();
    if (recordedIn.get(error) === traceId) return;
    recordedIn.set(error, traceId);
  }
  span.recordException(error as Error);
}

/** Whether an error tells the client of its own mistake. */
function isExpected(error: unknown): boolean {
  try {
    const { getStatus } = error as { getStatus?: unknown };
    if (typeof getStatus !== 'function') return false;
    const status: unknown = getStatus.call(error);
    return typeof status === 'number' && status < 500;
  } catch {
    return false;
  }
}

function messageOf(error: unknown): string {
  try {
    return error instanceof Error ? error.message : String(error);
  } catch {
    return '[unreadable error]';
  }
}
