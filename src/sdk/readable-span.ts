import type { Attributes, HrTime, Link, Span, SpanContext, SpanKind, SpanStatus } from '@opentelemetry/api';
import type { Resource } from './resource.js';

/** A span in the form that exporters and processors read. */
export interface ReadableSpan {
  /** The span's name. */
  readonly name: string;
  /** The span's role: server, client, producer, consumer or internal. */
  readonly kind: SpanKind;
  /** Returns the span's ids and flags. */
  readonly spanContext: () => SpanContext;
  /** The parent's ids; absent for the first span of a trace. */
  readonly parentSpanContext?: SpanContext;
  /** The start time, as seconds and nanoseconds. */
  readonly startTime: HrTime;
  /** The end time, as seconds and nanoseconds. */
  readonly endTime: HrTime;
  /** The status: unset, ok, or error with a message. */
  readonly status: SpanStatus;
  /** The attributes, cut to the limits. */
  readonly attributes: Attributes;
  /** The links to other spans. */
  readonly links: Link[];
  /** The events, in order. */
  readonly events: {
    time: HrTime;
    name: string;
    attributes?: Attributes;
    droppedAttributesCount?: number;
  }[];
  /** The time from start to end, as seconds and nanoseconds. */
  readonly duration: HrTime;
  /** Whether the span has ended. */
  readonly ended: boolean;
  /** The service that created the span. */
  readonly resource: Resource;
  /** The instrumentation scope that created the span. */
  readonly instrumentationScope: {
    readonly name: string;
    readonly version?: string;
    readonly schemaUrl?: string;
  };
  /** The number of attributes dropped by the limit. */
  readonly droppedAttributesCount: number;
  /** The number of events dropped by the limit. */
  readonly droppedEventsCount: number;
  /** The number of links dropped by the limit. */
  readonly droppedLinksCount: number;
}

/** An event of a span, with its time. */
export type TimedEvent = ReadableSpan['events'][number];

/** A span that can be written and read. */
export type SdkSpan = Span & ReadableSpan;
