import type { HrTime } from '@opentelemetry/api';
import { plainAttributes } from '../../sdk/attribute-value.js';
import type { ReadableSpan } from '../../sdk/readable-span.js';

/**
 * Returns the members of a span that the official exporter reads, with times in whole microseconds and
 * plain values.
 *
 * Zipkin accepts whole microseconds only, and refuses a whole request for one fraction.
 */
export function zipkinSpan(span: ReadableSpan): ReadableSpan {
  const { name, kind, parentSpanContext, resource, status } = span;
  const { droppedAttributesCount, droppedEventsCount, droppedLinksCount } = span;
  const [seconds, nanos] = span.duration;
  return {
    name,
    kind,
    parentSpanContext,
    attributes: plainAttributes(span.attributes),
    resource,
    status,
    droppedAttributesCount,
    droppedEventsCount,
    droppedLinksCount,
    spanContext: () => span.spanContext(),
    startTime: whole(span.startTime),
    duration: seconds === 0 && nanos < 1_000 ? [0, 1_000] : whole(span.duration),
    events: span.events.map((event) => ({
      ...event,
      ...(event.attributes && { attributes: plainAttributes(event.attributes) }),
      time: whole(event.time),
    })),
  } as unknown as ReadableSpan;
}

function whole([seconds, nanos]: HrTime): HrTime {
  return [seconds, nanos - (nanos % 1_000)];
}
