import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { shapeOf, type SpanShape } from './span-shape.js';

/** A span with the names of those that it belongs to in place of their ids. */
export interface NamedSpan extends Omit<SpanShape, 'parent' | 'links' | 'events' | 'scope'> {
  /** Kind and name of the parent, or `remote` where it was not recorded. */
  readonly parent?: string;
  readonly links?: readonly string[];
  /** Types of the exceptions on it. */
  readonly exceptions?: readonly string[];
}

/**
 * Spans in the order in which they began, without what HTTP says; each names its parent and
 * its links by kind and name.
 */
export function namedSpans(spans: readonly ReadableSpan[]): NamedSpan[] {
  const byId = new Map(spans.map((span) => [span.spanContext().spanId, span]));
  const nameOf = (spanId: string): string => {
    const span = byId.get(spanId);
    return span === undefined ? 'remote' : `${shapeOf(span).kind} ${span.name}`;
  };
  return spans
    .filter(({ name }) => !name.startsWith('GET ') && !name.startsWith('POST '))
    .sort((a, b) => compareTimes(a, b))
    .map((span) => {
      const { name, kind, parent, status, attributes, links, events } = shapeOf(span);
      return {
        name,
        kind,
        ...(parent === undefined ? {} : { parent: nameOf(parent) }),
        status,
        attributes,
        ...(links.length === 0 ? {} : { links: links.map(({ spanId }) => nameOf(spanId)) }),
        ...(events.length === 0
          ? {}
          : { exceptions: events.map((event) => String(event.attributes['exception.type'])) }),
      };
    });
}

function compareTimes(a: ReadableSpan, b: ReadableSpan): number {
  const [seconds, nanos] = a.startTime;
  const [otherSeconds, otherNanos] = b.startTime;
  return seconds - otherSeconds || nanos - otherNanos;
}
