import type { Attributes, AttributeValue } from '@opentelemetry/api';
import { resourceService, type StoredLog, type StoredSpan } from '../store/stored-span.js';
import type { MetricPoint } from '../store/metric-store.js';

type Json = Readonly<Record<string, unknown>>;

const BASE_BYTES = 640;
const HEX_TRACE = /^[0-9a-f]{32}$/i;
const HEX_SPAN = /^[0-9a-f]{16}$/i;
const SEVERITIES = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'];

/**
 * Reads the spans of an OTLP request in the JSON mapping.
 *
 * Spans without a valid id are left out, as are values whose type differs from OTLP's.
 */
export function readSpans(request: unknown): StoredSpan[] {
  return eachScoped(request, 'Spans', 'spans', (span, resource, scope) => {
    const traceId = hexId(span.traceId, HEX_TRACE);
    const spanId = hexId(span.spanId, HEX_SPAN);
    if (traceId === undefined || spanId === undefined) return undefined;
    const attributes = readAttributes(span.attributes);
    const status = objectOf(span.status);
    const message = textOf(status.message);
    return {
      traceId,
      spanId,
      parentSpanId: hexId(span.parentSpanId, HEX_SPAN),
      name: textOf(span.name) ?? '',
      kind: Math.max(0, numberOf(span.kind) - 1),
      start: millisOf(span.startTimeUnixNano),
      end: millisOf(span.endTimeUnixNano),
      status: {
        code: statusCode(status.code),
        ...(message === undefined || message === '' ? {} : { message }),
      },
      attributes,
      events: listOf(span.events).map((event) => ({
        name: textOf(event.name) ?? '',
        time: millisOf(event.timeUnixNano),
        attributes: readAttributes(event.attributes),
      })),
      links: listOf(span.links).flatMap((link) => {
        const linked = hexId(link.traceId, HEX_TRACE);
        const linkedSpan = hexId(link.spanId, HEX_SPAN);
        if (linked === undefined || linkedSpan === undefined) return [];
        return [{ traceId: linked, spanId: linkedSpan, attributes: readAttributes(link.attributes) }];
      }),
      resource,
      scope,
      bytes: BASE_BYTES + 2 * JSON.stringify([span.name, span.attributes, span.events, span.links]).length,
    };
  });
}

/** Reads the log records that belong to a trace. */
export function readLogs(request: unknown): StoredLog[] {
  return eachScoped(request, 'Logs', 'logRecords', (record, resource) => {
    const traceId = hexId(record.traceId, HEX_TRACE);
    if (traceId === undefined) return undefined;
    const body = readValue(record.body);
    const severity = Math.floor((numberOf(record.severityNumber) - 1) / 4);
    return {
      traceId,
      spanId: hexId(record.spanId, HEX_SPAN),
      time: millisOf(record.timeUnixNano) || millisOf(record.observedTimeUnixNano),
      severity: textOf(record.severityText) ?? SEVERITIES[severity] ?? 'INFO',
      body: typeof body === 'string' ? body : JSON.stringify(body ?? ''),
      attributes: readAttributes(record.attributes),
      service: resourceService(resource),
    };
  });
}

/** Reads the newest value of each series. A histogram yields the mean since its start, and the count. */
export function readMetrics(request: unknown): MetricPoint[] {
  return eachScoped(request, 'Metrics', 'metrics', (metric, resource) => {
    const name = textOf(metric.name);
    if (name === undefined) return undefined;
    const unit = textOf(metric.unit) ?? '';
    const service = resourceService(resource);
    return ['gauge', 'sum', 'histogram'].flatMap((kind) =>
      listOf(objectOf(metric[kind]).dataPoints).map((point): MetricPoint => {
        const count = numberOf(point.count);
        const value =
          kind === 'histogram'
            ? count === 0
              ? 0
              : numberOf(point.sum) / count
            : numberOf(point.asDouble ?? signed(point.asInt));
        return {
          name,
          unit,
          service,
          kind: kind as MetricPoint['kind'],
          attributes: readAttributes(point.attributes),
          time: millisOf(point.timeUnixNano),
          value,
        };
      }),
    );
  }).flat();
}

function eachScoped<T>(
  request: unknown,
  signal: string,
  records: string,
  read: (record: Json, resource: Attributes, scope: StoredSpan['scope']) => T | undefined,
): T[] {
  const found: T[] = [];
  for (const group of listOf(objectOf(request)[`resource${signal}`])) {
    const resource = readAttributes(objectOf(group.resource).attributes);
    for (const scoped of listOf(group[`scope${signal}`])) {
      const { name, version } = objectOf(scoped.scope);
      const versionText = textOf(version);
      const scope = {
        name: textOf(name) ?? '',
        ...(versionText === undefined ? {} : { version: versionText }),
      };
      for (const record of listOf(scoped[records])) {
        const value = read(record, resource, scope);
        if (value !== undefined) found.push(value);
      }
    }
  }
  return found;
}

function readAttributes(list: unknown): Attributes {
  const attributes: Attributes = {};
  for (const { key, value } of listOf(list)) {
    if (typeof key !== 'string' || key === '' || key === '__proto__') continue;
    const read = readValue(value);
    if (read !== undefined) attributes[key] = read as AttributeValue;
  }
  return attributes;
}

/** Reads a value. Maps and nested lists keep their structure; integers beyond 2^53 stay text. */
function readValue(value: unknown, depth = 0): unknown {
  const any = objectOf(value);
  if (depth > 20) return undefined;
  if (any.stringValue !== undefined) return textOf(any.stringValue);
  if (any.boolValue !== undefined) return any.boolValue === true;
  if (any.intValue !== undefined) {
    const number = Number(any.intValue);
    return Number.isSafeInteger(number) ? number : textOf(any.intValue);
  }
  if (any.doubleValue !== undefined) return numberOf(any.doubleValue);
  if (any.bytesValue !== undefined) return textOf(any.bytesValue);
  if (any.arrayValue !== undefined) {
    return listOf(objectOf(any.arrayValue).values).map((item) => readValue(item, depth + 1) ?? null);
  }
  if (any.kvlistValue !== undefined) {
    const entries = listOf(objectOf(any.kvlistValue).values);
    return Object.fromEntries(
      entries.map(({ key, value: item }) => [String(key), readValue(item, depth + 1)]),
    );
  }
  return undefined;
}

function objectOf(value: unknown): Json {
  return typeof value === 'object' && value !== null ? (value as Json) : {};
}

function listOf(value: unknown): Json[] {
  return Array.isArray(value) ? value.map(objectOf) : [];
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** Reads a number; 64-bit numbers are sent as text. */
function numberOf(value: unknown): number {
  const number = typeof value === 'string' || typeof value === 'number' ? Number(value) : 0;
  return Number.isNaN(number) ? 0 : number;
}

function signed(value: unknown): unknown {
  return typeof value === 'string' && /^\d+$/.test(value)
    ? BigInt.asIntN(64, BigInt(value)).toString()
    : value;
}

function millisOf(nanos: unknown): number {
  if (typeof nanos === 'string' && /^\d{1,20}$/.test(nanos)) {
    const all = BigInt(nanos);
    return Number(all / 1_000_000n) + Number(all % 1_000_000n) / 1e6;
  }
  return numberOf(nanos) / 1e6;
}

function statusCode(code: unknown): number {
  if (code === 'STATUS_CODE_ERROR') return 2;
  if (code === 'STATUS_CODE_OK') return 1;
  return numberOf(code);
}

function hexId(value: unknown, pattern: RegExp): string | undefined {
  if (typeof value !== 'string' || !pattern.test(value) || /^0+$/.test(value)) return undefined;
  return value.toLowerCase();
}
