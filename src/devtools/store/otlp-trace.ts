import { resourceService, type StoredSpan } from './stored-span.js';

type KeyValues = Readonly<Record<string, unknown>>;

/**
 * Converts spans to an OTLP request in the JSON mapping, which every OTLP backend and {@link readSpans}
 * accept.
 *
 * @see {@link https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding | OTLP, JSON encoding}
 */
export function otlpRequest(spans: readonly StoredSpan[]): object {
  const groups = new Map<string, StoredSpan[]>();
  for (const span of spans) {
    const key = JSON.stringify([resourceService(span.resource), span.resource, span.scope]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [span]);
    else group.push(span);
  }
  return {
    resourceSpans: [...groups.values()].map((group) => ({
      resource: { attributes: keyValues(group[0]?.resource ?? {}) },
      scopeSpans: [{ scope: group[0]?.scope, spans: group.map(otlpSpan) }],
    })),
  };
}

function otlpSpan(span: StoredSpan): object {
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    ...(span.parentSpanId === undefined ? {} : { parentSpanId: span.parentSpanId }),
    name: span.name,
    kind: span.kind + 1,
    startTimeUnixNano: nanos(span.start),
    endTimeUnixNano: nanos(span.end ?? span.start),
    attributes: keyValues(span.attributes),
    events: span.events.map(({ name, time, attributes }) => ({
      name,
      timeUnixNano: nanos(time),
      attributes: keyValues(attributes),
    })),
    links: span.links.map(({ traceId, spanId, attributes }) => ({
      traceId,
      spanId,
      attributes: keyValues(attributes),
    })),
    status: span.status,
  };
}

function keyValues(attributes: KeyValues): object[] {
  return Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ({ key, value: anyValue(value) }));
}

function anyValue(value: unknown): object {
  switch (typeof value) {
    case 'string':
      return { stringValue: value };
    case 'boolean':
      return { boolValue: value };
    case 'number':
      return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value };
    case 'object':
      if (Array.isArray(value)) return { arrayValue: { values: value.map(anyValue) } };
      return value === null ? {} : { kvlistValue: { values: keyValues(value as KeyValues) } };
    default:
      return { stringValue: String(value) };
  }
}

/** Formats nanoseconds. A number of milliseconds since the epoch is only exact to microseconds. */
function nanos(millis: number): string {
  const micros = Math.round((millis % 1000) * 1000);
  return `${BigInt(Math.floor(millis / 1000)) * 1_000_000_000n + BigInt(micros) * 1000n}`;
}
