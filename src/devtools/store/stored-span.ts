import type { Attributes, HrTime } from '@opentelemetry/api';
import type { ReadableSpan } from '../../sdk/readable-span.js';
import { plainAttributes } from '../../sdk/attribute-value.js';
import { estimateSpanBytes } from '../../pipeline/queue/span-size.js';

/** A span event in the store. */
export interface StoredEvent {
  readonly name: string;
  /** The time in milliseconds since the epoch, with a fraction. */
  readonly time: number;
  readonly attributes: Attributes;
}

/** A link to a span of this or another trace. */
export interface StoredLink {
  readonly traceId: string;
  readonly spanId: string;
  readonly attributes: Attributes;
}

/** A masked span in the store, from this process or from an OTLP sender. */
export interface StoredSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly name: string;
  /** The API's `SpanKind`: 0 internal, 1 server, 2 client, 3 producer, 4 consumer. */
  readonly kind: number;
  /** The start in milliseconds since the epoch, with a fraction. */
  readonly start: number;
  /** The end in milliseconds since the epoch; absent while the span is open. */
  readonly end: number | undefined;
  /** The status; `code` is 0 unset, 1 ok, 2 error. */
  readonly status: { readonly code: number; readonly message?: string };
  readonly attributes: Attributes;
  readonly events: readonly StoredEvent[];
  readonly links: readonly StoredLink[];
  readonly resource: Attributes;
  readonly scope: { readonly name: string; readonly version?: string };
  /** The approximate memory of the span, in bytes. */
  readonly bytes: number;
}

/** A log record of a trace. */
export interface StoredLog {
  readonly traceId: string;
  readonly spanId: string | undefined;
  readonly time: number;
  readonly severity: string;
  readonly body: string;
  readonly attributes: Attributes;
  readonly service: string;
}

const NONE: Attributes = {};

/**
 * Converts a span of this process to a stored one.
 *
 * @param parts - the span's masked texts; default: the span's own, which are masked after its end
 */
export function storedSpan(
  span: ReadableSpan,
  parts: Pick<ReadableSpan, 'name' | 'attributes' | 'events' | 'links' | 'status'> = span,
): StoredSpan {
  const { traceId, spanId } = span.spanContext();
  const { name, version } = span.instrumentationScope;
  return {
    traceId,
    spanId,
    parentSpanId: span.parentSpanContext?.spanId,
    name: parts.name,
    kind: span.kind,
    start: millis(span.startTime),
    end: span.ended ? millis(span.endTime) : undefined,
    status: parts.status,
    attributes: plainAttributes(parts.attributes),
    events: parts.events.map((event) => ({
      name: event.name,
      time: millis(event.time),
      attributes: plainAttributes(event.attributes ?? NONE),
    })),
    links: parts.links.map(({ context, attributes = NONE }) => ({
      traceId: context.traceId,
      spanId: context.spanId,
      attributes: plainAttributes(attributes),
    })),
    resource: span.resource.attributes,
    scope: version === undefined ? { name } : { name, version },
    bytes: estimateSpanBytes(span),
  };
}

/** Returns the service that a resource names. */
export function resourceService(resource: Attributes): string {
  const name = resource['service.name'];
  return typeof name === 'string' && name !== '' ? name : 'unknown_service';
}

export function isFailed(span: StoredSpan): boolean {
  return span.status.code === 2;
}

function millis([seconds, nanos]: HrTime): number {
  return seconds * 1000 + nanos / 1e6;
}
