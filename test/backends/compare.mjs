/** What is compared of each span, in the table's order. */
export const CHECKS = [
  'spans',
  'parents',
  'names',
  'kinds',
  'status',
  'attributes',
  'events',
  'links',
  'resource',
  'scope',
];

/** A value as text, the same whatever the order of keys. */
function text(value) {
  return JSON.stringify(value, (_key, inner) =>
    inner !== null && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

const CHECKED = {
  parents: ({ parentSpanId }) => parentSpanId ?? null,
  names: ({ name }) => name,
  kinds: ({ kind }) => kind,
  status: ({ status }) => [status.code, status.message ?? ''],
  attributes: ({ attributes }) => attributes,
  events: ({ events }) => events.map(({ name, attributes = {} }) => ({ name, attributes })),
  links: ({ links }) =>
    links.map(({ traceId, spanId, attributes = {} }) => ({ traceId, spanId, attributes })),
  resource: ({ resource }) => resource,
  scope: ({ scope }) => scope,
};

/**
 * Compares what an app printed with what a backend has of the same ids.
 *
 * @param as - how the backend keeps a part of a span, for parts that its format changes; `false` for parts that
 *   its format does not have
 * @returns the number of spans for which each check held
 * @throws Error at the first difference
 */
export function compare(printed, received, as = {}) {
  const found = new Map();
  for (const span of received) {
    const key = `${span.traceId}/${span.spanId}`;
    if (found.has(key)) throw new Error(`${span.name} (${key}) is there twice`);
    found.set(key, span);
  }
  const counts = { spans: 0 };
  for (const span of printed) {
    const kept = found.get(`${span.traceId}/${span.spanId}`);
    if (kept === undefined) throw new Error(`${span.name} of trace ${span.traceId} is missing`);
    counts.spans += 1;
    for (const [check, read] of Object.entries(CHECKED)) {
      if (as[check] === false) continue;
      const expected = as[check]?.(span, kept) ?? read(span);
      const [want, have] = [text(expected), text(read(kept))];
      if (want !== have)
        throw new Error(`${check} of ${span.name} differ\n  printed  ${want}\n  received ${have}`);
      counts[check] = (counts[check] ?? 0) + 1;
    }
  }
  const more = received.length - printed.length;
  if (more > 0) throw new Error(`${more} spans more than were printed`);
  return counts;
}
