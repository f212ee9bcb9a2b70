import type { Attributes, HrTime } from '@opentelemetry/api';
import type { ReadableSpan } from '../../sdk/readable-span.js';
import { plainAttributes } from '../../sdk/attribute-value.js';
import { estimateSpanBytes } from '../../pipeline/queue/span-size.js';

/** A span event as the store keeps it. */
export interface StoredEvent {
  readonly name: string;
  /** Milliseconds since the epoch, with the fraction. */
  readonly time: number;
  readonly attributes: Attributes;
}

/** A reference to a span of this or another trace. */
export interface StoredLink {
  readonly traceId: string;
  readonly spanId: string;
  readonly attributes: Attributes;
}

/** A span of this process or of a sender over OTLP: masked, complete, independent of who made it. */
export interface StoredSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly name: string;
  /** `SpanKind` of the OpenTelemetry API: 0 internal, 1 server, 2 client, 3 producer, 4 consumer. */
  readonly kind: number;
  /** Milliseconds since the epoch, with the fraction. */
  readonly start: number;
  /** Milliseconds since the epoch; absent while the span is open. */
  readonly end: number | undefined;
  /** 0 unset, 1 ok, 2 error. */
  readonly status: { readonly code: number; readonly message?: string };
  readonly attributes: Attributes;
  readonly events: readonly StoredEvent[];
  readonly links: readonly StoredLink[];
  readonly resource: Attributes;
  readonly scope: { readonly name: string; readonly version?: string };
  /** About how much memory it holds, in bytes. */
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
 * Reads a span that this process made.
 *
 * @param parts - its texts as masking leaves them; default: the span's own, which are
 *   masked once it has ended
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

/** The service that a resource names. */
export function serviceOf(resource: Attributes): string {
  const name = resource['service.name'];
  return typeof name === 'string' && name !== '' ? name : 'unknown_service';
}

export function isFailed(span: StoredSpan): boolean {
  return span.status.code === 2;
}

function millis([seconds, nanos]: HrTime): number {
  return seconds * 1000 + nanos / 1e6;
}
