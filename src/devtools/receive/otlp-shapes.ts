import type { FieldShape, MessageShape } from './protobuf-reader.js';

/**
 * Returns the shape of an OTLP message, reduced to the fields that devtools shows.
 *
 * @see {@link https://github.com/open-telemetry/opentelemetry-proto | opentelemetry-proto}
 */
function shape(fields: Readonly<Record<number, Omit<FieldShape, 'repeated'> | FieldShape>>): MessageShape {
  return new Map(Object.entries(fields).map(([number, field]) => [Number(number), field]));
}

function one(name: string, type: FieldShape['type']): FieldShape {
  return { name, type };
}

function many(name: string, type: FieldShape['type']): FieldShape {
  return { name, type, repeated: true };
}

const anyValue = new Map<number, FieldShape>();
const keyValue = shape({ 1: one('key', 'string'), 2: one('value', anyValue) });
for (const [number, field] of shape({
  1: one('stringValue', 'string'),
  2: one('boolValue', 'bool'),
  3: one('intValue', 'varint'),
  4: one('doubleValue', 'double'),
  5: one('arrayValue', shape({ 1: many('values', anyValue) })),
  6: one('kvlistValue', shape({ 1: many('values', keyValue) })),
  7: one('bytesValue', 'bytes'),
})) {
  anyValue.set(number, field);
}

const resource = one('resource', shape({ 1: many('attributes', keyValue) }));
const scope = one('scope', shape({ 1: one('name', 'string'), 2: one('version', 'string') }));

const span = shape({
  1: one('traceId', 'hex'),
  2: one('spanId', 'hex'),
  4: one('parentSpanId', 'hex'),
  5: one('name', 'string'),
  6: one('kind', 'varint'),
  7: one('startTimeUnixNano', 'fixed64'),
  8: one('endTimeUnixNano', 'fixed64'),
  9: many('attributes', keyValue),
  11: many(
    'events',
    shape({ 1: one('timeUnixNano', 'fixed64'), 2: one('name', 'string'), 3: many('attributes', keyValue) }),
  ),
  13: many(
    'links',
    shape({ 1: one('traceId', 'hex'), 2: one('spanId', 'hex'), 4: many('attributes', keyValue) }),
  ),
  15: one('status', shape({ 2: one('message', 'string'), 3: one('code', 'varint') })),
});

const logRecord = shape({
  1: one('timeUnixNano', 'fixed64'),
  2: one('severityNumber', 'varint'),
  3: one('severityText', 'string'),
  5: one('body', anyValue),
  6: many('attributes', keyValue),
  9: one('traceId', 'hex'),
  10: one('spanId', 'hex'),
  11: one('observedTimeUnixNano', 'fixed64'),
});

const numberPoint = shape({
  3: one('timeUnixNano', 'fixed64'),
  4: one('asDouble', 'double'),
  6: one('asInt', 'fixed64'),
  7: many('attributes', keyValue),
});

const histogramPoint = shape({
  3: one('timeUnixNano', 'fixed64'),
  4: one('count', 'fixed64'),
  5: one('sum', 'double'),
  9: many('attributes', keyValue),
});

const metric = shape({
  1: one('name', 'string'),
  3: one('unit', 'string'),
  5: one('gauge', shape({ 1: many('dataPoints', numberPoint) })),
  7: one('sum', shape({ 1: many('dataPoints', numberPoint) })),
  9: one('histogram', shape({ 1: many('dataPoints', histogramPoint) })),
});

function request(signal: string, records: string, record: MessageShape): MessageShape {
  const scoped = shape({ 1: scope, 2: many(records, record) });
  return shape({ 1: many(`resource${signal}`, shape({ 1: resource, 2: many(`scope${signal}`, scoped) })) });
}

/** The requests of the three signals, by the last part of their path. */
export const OTLP_REQUESTS = {
  traces: request('Spans', 'spans', span),
  logs: request('Logs', 'logRecords', logRecord),
  metrics: request('Metrics', 'metrics', metric),
} as const;

/** A signal of OTLP. */
export type ReceivedSignal = keyof typeof OTLP_REQUESTS;
