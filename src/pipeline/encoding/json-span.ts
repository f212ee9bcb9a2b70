import type { ReadableSpan } from '../../sdk/readable-span.js';
import { toJsonAttributes } from './json-attributes.js';
import { SPAN_FIELD, spanFlags } from './protobuf-span.js';
import type { ProtobufWriter } from './protobuf-writer.js';

type HrTime = readonly [seconds: number, nanos: number];

/** The largest time, in seconds: nanoseconds in 64 unsigned bits reach to the year 2554. */
const UINT64_SECONDS = 18_446_744_073;

/**
 * Appends a span in OTLP's JSON, framed like a protobuf field. Ids are hexadecimal, 64-bit numbers are
 * strings.
 *
 * @see {@link https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding | OTLP, JSON encoding}
 */
export function writeJsonSpan(writer: ProtobufWriter, span: ReadableSpan): void {
  writer.string(SPAN_FIELD, JSON.stringify(toJsonSpan(span)));
}

function toJsonSpan(span: ReadableSpan): object {
  const context = span.spanContext();
  const parent = span.parentSpanContext;
  const { list, unreadable } = toJsonAttributes(span.attributes);
  return {
    traceId: context.traceId,
    spanId: context.spanId,
    traceState: context.traceState?.serialize(),
    parentSpanId: parent?.spanId,
    flags: spanFlags(context.traceFlags, parent?.isRemote),
    name: span.name,
    kind: span.kind + 1,
    startTimeUnixNano: nanos(span.startTime),
    endTimeUnixNano: nanos(span.endTime),
    attributes: list,
    droppedAttributesCount: span.droppedAttributesCount + unreadable,
    events: span.events.map((event) => {
      const attributes = toJsonAttributes(event.attributes ?? {});
      return {
        timeUnixNano: nanos(event.time),
        name: event.name,
        attributes: attributes.list,
        droppedAttributesCount: (event.droppedAttributesCount ?? 0) + attributes.unreadable,
      };
    }),
    droppedEventsCount: span.droppedEventsCount,
    links: span.links.map(({ context: linked, attributes: values, droppedAttributesCount = 0 }) => {
      const attributes = toJsonAttributes(values ?? {});
      return {
        traceId: linked.traceId,
        spanId: linked.spanId,
        traceState: linked.traceState?.serialize(),
        attributes: attributes.list,
        droppedAttributesCount: droppedAttributesCount + attributes.unreadable,
        flags: spanFlags(linked.traceFlags, linked.isRemote),
      };
    }),
    droppedLinksCount: span.droppedLinksCount,
    status: { code: span.status.code, message: span.status.message },
  };
}

/**
 * Returns nanoseconds since 1970. An invalid time becomes 0, since it would make the whole request
 * unreadable.
 */
function nanos([seconds, rest]: HrTime): string {
  if (!(seconds >= 0 && seconds < UINT64_SECONDS && rest >= 0)) return '0';
  return `${seconds}${String(Math.trunc(rest)).padStart(9, '0')}`;
}
