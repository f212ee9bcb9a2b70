import { SpanKind, SpanStatusCode, TraceFlags, type Attributes } from '@opentelemetry/api';
import type { InstrumentationScope } from '@opentelemetry/core';
import { resourceFromAttributes, type Resource } from '@opentelemetry/resources';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import type { ExporterStatus } from '../../../src/pipeline/span-sink.js';

export const RESOURCE = resourceFromAttributes({ 'service.name': 'orders', 'service.instance.id': 'one' });
export const SCOPE: InstrumentationScope = { name: 'test', version: '1.0.0' };

let count = 0;

export interface SpanOverrides {
  readonly name?: string;
  readonly kind?: SpanKind;
  readonly error?: boolean;
  readonly attributes?: Attributes;
  readonly resource?: Resource;
  readonly scope?: InstrumentationScope;
}

/** An ended span of about 300 encoded bytes. */
export function makeSpan(overrides: SpanOverrides = {}): ReadableSpan {
  const number = ++count;
  const context = {
    traceId: number.toString(16).padStart(32, '0'),
    spanId: number.toString(16).padStart(16, '0'),
    traceFlags: TraceFlags.SAMPLED,
  };
  return {
    name: overrides.name ?? `span ${number}`,
    kind: overrides.kind ?? SpanKind.INTERNAL,
    spanContext: () => context,
    startTime: [1_763_600_000, 1_000],
    endTime: [1_763_600_000, 2_000_000],
    duration: [0, 1_999_000],
    status: { code: overrides.error === true ? SpanStatusCode.ERROR : SpanStatusCode.UNSET },
    attributes: overrides.attributes ?? {
      'http.request.method': 'GET',
      'http.route': '/orders/:id',
      'http.response.status_code': 200,
      'url.path': '/orders/42',
      'url.scheme': 'http',
    },
    links: [],
    events: [],
    ended: true,
    resource: overrides.resource ?? RESOURCE,
    instrumentationScope: overrides.scope ?? SCOPE,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
}

/** What a queue must be able to account for at every moment: the difference is zero. */
export function unaccounted({ ended, delivered, dropped, queuedSpans }: ExporterStatus): number {
  return ended - delivered - queuedSpans - totalDropped({ dropped });
}

function totalDropped({ dropped }: Pick<ExporterStatus, 'dropped'>): number {
  return Object.values(dropped).reduce((sum, spans) => sum + spans, 0);
}
