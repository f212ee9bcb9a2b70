import { SpanStatusCode, type Link, type SpanContext } from '@opentelemetry/api';
import type { ReadableSpan, TimedEvent } from '../../sdk/readable-span.js';
import type { WithFixedAttributes } from './fixed-attributes.js';
import { fixedFields, writeAttributes } from './protobuf-attributes.js';
import type { ProtobufWriter } from './protobuf-writer.js';

/** The tag of `ScopeSpans.spans`: field 2, length-delimited. */
export const SPAN_FIELD = 0x12;

const ATTRIBUTES = 0x4a;
const HAS_IS_REMOTE = 0x100;
const IS_REMOTE = 0x200;

/**
 * Appends a span as a `ScopeSpans.spans` field. Spans written one after another can be sent as they are.
 *
 * @see {@link https://github.com/open-telemetry/opentelemetry-proto | opentelemetry-proto},
 *   `trace/v1/trace.proto`
 */
export function writeProtobufSpan(writer: ProtobufWriter, span: ReadableSpan & WithFixedAttributes): void {
  const context = span.spanContext();
  const parent = span.parentSpanContext;
  const start = writer.beginMessage(SPAN_FIELD, 2);
  writer.hex(0x0a, context.traceId);
  writer.hex(0x12, context.spanId);
  if (context.traceState !== undefined) writeTraceState(writer, context);
  if (parent?.spanId) writer.hex(0x22, parent.spanId);
  if (span.name !== '') writer.string(0x2a, span.name);
  // The API numbers kinds from 0, the protocol from 1.
  writer.uint32(0x30, span.kind + 1);
  // The times are read once, since a span may compute them in a getter.
  const { startTime, endTime } = span;
  writer.time(0x39, startTime[0], startTime[1]);
  writer.time(0x41, endTime[0], endTime[1]);
  const { fixedAttributes } = span;
  if (fixedAttributes !== undefined) writer.raw(fixedFields(fixedAttributes, ATTRIBUTES));
  const unreadable = writeAttributes(writer, ATTRIBUTES, span.ownAttributes ?? span.attributes);
  writer.uint32(0x50, span.droppedAttributesCount + unreadable);
  for (const event of span.events) writeEvent(writer, event);
  writer.uint32(0x60, span.droppedEventsCount);
  for (const link of span.links) writeLink(writer, link);
  writer.uint32(0x70, span.droppedLinksCount);
  const { code, message } = span.status;
  if (code !== SpanStatusCode.UNSET || message) {
    const status = writer.beginMessage(0x7a);
    if (message) writer.string(0x12, message);
    writer.uint32(0x18, code);
    writer.endMessage(status);
  }
  // The tag of field 16 has two bytes.
  writer.reserve(2);
  writer.bytes[writer.pos++] = 0x85;
  writer.bytes[writer.pos++] = 0x01;
  writer.fixed32(spanFlags(context.traceFlags, parent?.isRemote));
  writer.endMessage(start, 2);
}

/**
 * Returns a span's flags: the lower byte holds W3C's trace flags, the next bits whether the parent is
 * remote.
 */
export function spanFlags(traceFlags: number, isRemote: boolean | undefined): number {
  return (traceFlags & 0xff) | HAS_IS_REMOTE | (isRemote === true ? IS_REMOTE : 0);
}

function writeTraceState(writer: ProtobufWriter, context: SpanContext): void {
  const text = context.traceState?.serialize();
  if (text) writer.string(0x1a, text);
}

function writeEvent(writer: ProtobufWriter, event: TimedEvent): void {
  const start = writer.beginMessage(0x5a, 2);
  writer.time(0x09, event.time[0], event.time[1]);
  if (event.name !== '') writer.string(0x12, event.name);
  const unreadable = event.attributes === undefined ? 0 : writeAttributes(writer, 0x1a, event.attributes);
  writer.uint32(0x20, (event.droppedAttributesCount ?? 0) + unreadable);
  writer.endMessage(start, 2);
}

function writeLink(writer: ProtobufWriter, link: Link): void {
  const { context } = link;
  const start = writer.beginMessage(0x6a);
  writer.hex(0x0a, context.traceId);
  writer.hex(0x12, context.spanId);
  if (context.traceState !== undefined) writeTraceState(writer, context);
  const unreadable = link.attributes === undefined ? 0 : writeAttributes(writer, 0x22, link.attributes);
  writer.uint32(0x28, (link.droppedAttributesCount ?? 0) + unreadable);
  writer.reserve(5);
  writer.bytes[writer.pos++] = 0x35;
  writer.fixed32(spanFlags(context.traceFlags, context.isRemote));
  writer.endMessage(start);
}
