import type { Attributes, HrTime, Link, Span, SpanContext, SpanKind, SpanStatus } from '@opentelemetry/api';
import type { Resource } from './resource.js';

/** A span as exporters and processors read it. */
export interface ReadableSpan {
  /** Name of the span. */
  readonly name: string;
  /** Its role: server, client, producer, consumer or internal. */
  readonly kind: SpanKind;
  /** Its ids. */
  readonly spanContext: () => SpanContext;
  /** Ids of its parent; absent where the span begins a trace. */
  readonly parentSpanContext?: SpanContext;
  /** When it began, in seconds and nanoseconds. */
  readonly startTime: HrTime;
  /** When it ended, in seconds and nanoseconds. */
  readonly endTime: HrTime;
  /** Whether it failed. */
  readonly status: SpanStatus;
  /** Its attributes, within the limits. */
  readonly attributes: Attributes;
  /** Its links to other spans. */
  readonly links: Link[];
  /** Its events, in order. */
  readonly events: {
    time: HrTime;
    name: string;
    attributes?: Attributes;
    droppedAttributesCount?: number;
  }[];
  /** Time from start to end, in seconds and nanoseconds. */
  readonly duration: HrTime;
  /** Whether it has ended. */
  readonly ended: boolean;
  /** The service that made it. */
  readonly resource: Resource;
  /** The part of the program that made it. */
  readonly instrumentationScope: {
    readonly name: string;
    readonly version?: string;
    readonly schemaUrl?: string;
  };
  /** Attributes beyond the limit. */
  readonly droppedAttributesCount: number;
  /** Events beyond the limit. */
  readonly droppedEventsCount: number;
  /** Links beyond the limit. */
  readonly droppedLinksCount: number;
}

/** An event of a span, with the time at which it happened. */
export type TimedEvent = ReadableSpan['events'][number];

/** A span that can be written to and read. */
export type SdkSpan = Span & ReadableSpan;
