import type { StoredSpan } from '../../../src/devtools/index.js';

let ids = 0;

/** A stored span of which a test says what matters. */
export function span(parts: Partial<StoredSpan> = {}): StoredSpan {
  ids += 1;
  const start = parts.start ?? 1_000_000 + ids;
  return {
    traceId: traceId(ids),
    spanId: ids.toString(16).padStart(16, '0'),
    parentSpanId: undefined,
    name: 'GET /orders',
    kind: 1,
    start,
    end: start + 10,
    status: { code: 0 },
    attributes: {},
    events: [],
    links: [],
    resource: { 'service.name': 'shop' },
    scope: { name: 'test' },
    bytes: 1000,
    ...parts,
  };
}

export function traceId(number: number): string {
  return number.toString(16).padStart(32, '0');
}

export const FAILED = { code: 2, message: 'boom' } as const;
