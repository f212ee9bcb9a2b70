import { SpanKind, SpanStatusCode, type HrTime } from '@opentelemetry/api';
import { plainAttributes } from '../../sdk/attribute-value.js';
import type { ReadableSpan } from '../../sdk/readable-span.js';
import { toMillis } from './span-forest.js';

/**
 * Formats a span as one line of JSON, without the line break.
 *
 * Times are ISO 8601 in UTC with nine decimals, which `new Date` also reads. `durationMillis` is a number
 * with a fraction. `kind` and `status.code` are names such as `SERVER` and `ERROR`. An absent parent or
 * message is left out.
 */
export function spanToJsonLine(span: ReadableSpan): string {
  const { traceId, spanId } = span.spanContext();
  const { name: scopeName, version } = span.instrumentationScope;
  return JSON.stringify({
    traceId,
    spanId,
    parentSpanId: span.parentSpanContext?.spanId,
    name: span.name,
    kind: SpanKind[span.kind],
    startTime: isoTime(span.startTime),
    durationMillis: toMillis(span.duration),
    status: { code: SpanStatusCode[span.status.code], message: span.status.message },
    attributes: plainAttributes(span.attributes),
    events: span.events.map(({ name, time, attributes }) => ({
      name,
      time: isoTime(time),
      attributes: attributes && plainAttributes(attributes),
    })),
    links: span.links.map(({ context, attributes }) => ({
      traceId: context.traceId,
      spanId: context.spanId,
      attributes: attributes && plainAttributes(attributes),
    })),
    resource: span.resource.attributes,
    scope: { name: scopeName, version },
  });
}

function isoTime([seconds, nanos]: HrTime): string {
  const second = new Date(seconds * 1000).toISOString().slice(0, 19);
  return `${second}.${String(nanos).padStart(9, '0')}Z`;
}
