import type { SpanShape } from '../support/span-shape.js';

/** Leaves out how long statements have waited for a connection, which differs each time. */
export function withoutWaits(spans: readonly SpanShape[]): SpanShape[] {
  return spans.map((span) => {
    const { 'db.client.connection.wait_time': _, ...attributes } = span.attributes;
    return { ...span, attributes };
  });
}
