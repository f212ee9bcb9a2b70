import type { HrTime, SpanContext } from '@opentelemetry/api';
import type { ReadableSpan } from '../../sdk/readable-span.js';
import { resourceFromAttributes } from '../../sdk/resource.js';
import type { StoredSpan } from './stored-span.js';

/** Converts a stored span to the form that exporters read. */
export function asReadableSpan(span: StoredSpan): ReadableSpan {
  const end = span.end ?? span.start;
  const context = contextOf(span.traceId, span.spanId);
  const { parentSpanId } = span;
  return {
    name: span.name,
    // eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment -- a sender's number
    kind: span.kind,
    spanContext: () => context,
    ...(parentSpanId === undefined ? {} : { parentSpanContext: contextOf(span.traceId, parentSpanId) }),
    startTime: hrTime(span.start),
    endTime: hrTime(end),
    duration: hrTime(Math.max(0, end - span.start)),
    ended: true,
    // eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment -- as above
    status: span.status,
    attributes: span.attributes,
    events: span.events.map(({ name, time, attributes }) => ({ name, time: hrTime(time), attributes })),
    links: span.links.map(({ traceId, spanId, attributes }) => ({
      context: contextOf(traceId, spanId),
      attributes,
    })),
    resource: resourceFromAttributes(span.resource),
    instrumentationScope: span.scope,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
}

function contextOf(traceId: string, spanId: string): SpanContext {
  return { traceId, spanId, traceFlags: 1 };
}

function hrTime(millis: number): HrTime {
  const seconds = Math.floor(millis / 1000);
  return [seconds, Math.round((millis - seconds * 1000) * 1e6)];
}
