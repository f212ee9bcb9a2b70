import { createContextKey, type Attributes, type AttributeValue } from '@opentelemetry/api';
import { activeContext, type FlowContext } from '../../context/flow-context.js';
import { RequestTrace } from '../../http/request-trace.js';
import { RecordingSpan } from '../../tracing/recording-span.js';
import { runInFlow } from '../../tracing/run-in-flow.js';

/** Marks a span as a wide event. The name is nestjs-otel's, since dashboards filter by it. */
const MARK = 'nestjs_otel.wide_event';
/** Holds the span where no request does. */
const SPAN_KEY = createContextKey('nestjs-telemetry.wide-event');

/**
 * The span that the fields of the running code go to: the request's, or that of the `withWideEvent` around
 * it. Absent where no interceptor has begun a wide event.
 */
export function wideEvent(): RecordingSpan | undefined {
  const context = activeContext();
  const span = (context.getValue(SPAN_KEY) as RecordingSpan | undefined) ?? requestSpan(context);
  return span !== undefined && isWideEvent(span) ? span : undefined;
}

/**
 * The span that says most about the work at hand: the request's, which is there from its first byte; outside
 * of requests, and where those have none, the active one. Absent if neither is recorded.
 */
export function entrySpan(): RecordingSpan | undefined {
  const context = activeContext();
  const span = requestSpan(context);
  if (span?.isRecording() === true) return span;
  const active = context.span;
  return active instanceof RecordingSpan && active.isRecording() ? active : undefined;
}

/**
 * Runs `fn`, and the Observable that it returns, so that `span` takes the fields; a
 * request's span does already.
 */
export function withWideEvent<T>(span: RecordingSpan, fn: () => T): T {
  const context = activeContext();
  return span === requestSpan(context) ? fn() : runInFlow(context.setValue(SPAN_KEY, span), fn);
}

export function isWideEvent(span: RecordingSpan): boolean {
  return span.attributes[MARK] === true;
}

/** Set first, so that the limit on attributes cannot drop it. */
export function markWideEvent(span: RecordingSpan): void {
  span.setAttribute(MARK, true);
}

/** The mark is not a field. */
export function setField(span: RecordingSpan, key: string, value: AttributeValue): void {
  if (key !== MARK) span.setAttribute(key, value);
}

export function setFields(span: RecordingSpan, fields: Attributes): void {
  for (const [key, value] of Object.entries(fields)) setField(span, key, value as AttributeValue);
}

/** Adds to a number; one that is absent begins at 0. */
export function addToField(span: RecordingSpan, key: string, amount: number): void {
  const before = span.attributes[key];
  setField(span, key, typeof before === 'number' ? before + amount : amount);
}

function requestSpan({ flow }: FlowContext): RecordingSpan | undefined {
  const request = flow?.entry;
  return request instanceof RequestTrace ? request.span : undefined;
}
