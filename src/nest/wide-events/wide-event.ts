import { createContextKey, type Attributes, type AttributeValue } from '@opentelemetry/api';
import { activeContext } from '../../context/flow-context.js';
import { requestTraceIn } from '../../http/request-trace-of.js';
import { RecordingSpan } from '../../tracing/recording-span.js';
import { runInFlow } from '../../tracing/run-in-flow.js';

/**
 * The attribute that marks a span as a wide event. It is nestjs-otel's name, since dashboards filter by it.
 */
const MARK = 'nestjs_otel.wide_event';
/** The context key of the span, outside of requests. */
const SPAN_KEY = createContextKey('nestjs-telemetry.wide-event');

/**
 * Returns the span that receives the running code's fields: the request's, or that of the surrounding
 * `withWideEvent`; `undefined` if no interceptor has begun a wide event.
 */
export function wideEvent(): RecordingSpan | undefined {
  const context = activeContext();
  const span = (context.getValue(SPAN_KEY) as RecordingSpan | undefined) ?? requestTraceIn(context)?.span;
  return span !== undefined && isWideEvent(span) ? span : undefined;
}

/**
 * Returns the span of the whole entry: the request's, which exists from its first byte, else the active
 * one; `undefined` if neither is recorded.
 */
export function entrySpan(): RecordingSpan | undefined {
  const context = activeContext();
  const span = requestTraceIn(context)?.span;
  if (span?.isRecording() === true) return span;
  const active = context.span;
  return active instanceof RecordingSpan && active.isRecording() ? active : undefined;
}

/**
 * Runs `fn`, and the Observable that it returns, with `span` as the receiver of fields. A request's span
 * already receives them.
 */
export function withWideEvent<T>(span: RecordingSpan, fn: () => T): T {
  const context = activeContext();
  return span === requestTraceIn(context)?.span ? fn() : runInFlow(context.setValue(SPAN_KEY, span), fn);
}

export function isWideEvent(span: RecordingSpan): boolean {
  return span.attributes[MARK] === true;
}

/** Marks a span. The mark is set first, so that the limit of attributes cannot drop it. */
export function markWideEvent(span: RecordingSpan): void {
  span.setAttribute(MARK, true);
}

/** Sets a field; the mark itself cannot be set. */
export function setField(span: RecordingSpan, key: string, value: AttributeValue): void {
  if (key !== MARK) span.setAttribute(key, value);
}

export function setFields(span: RecordingSpan, fields: Attributes): void {
  for (const [key, value] of Object.entries(fields)) setField(span, key, value as AttributeValue);
}

/** Adds to a numeric field; a missing one starts at 0. */
export function addToField(span: RecordingSpan, key: string, amount: number): void {
  const before = span.attributes[key];
  setField(span, key, typeof before === 'number' ? before + amount : amount);
}
