import type { ProtobufWriter } from './protobuf-writer.js';

/** Nested values deeper than this are left empty, which also ends cycles. */
const MAX_DEPTH = 8;
const INT64_LIMIT = 2 ** 63;

/**
 * Writes `repeated KeyValue` fields.
 *
 * @returns how many attributes could not be read and were left out
 * @see {@link https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/common/v1/common.proto | common.proto}
 */
export function writeAttributes(writer: ProtobufWriter, tag: number, attributes: object): number {
  let unreadable = 0;
  for (const key in attributes) {
    if (!Object.hasOwn(attributes, key)) continue;
    const before = writer.pos;
    try {
      writeKeyValue(writer, tag, key, (attributes as Record<string, unknown>)[key], 0);
    } catch {
      writer.pos = before;
      unreadable++;
    }
  }
  return unreadable;
}

function writeKeyValue(
  writer: ProtobufWriter,
  tag: number,
  key: string,
  value: unknown,
  depth: number,
): void {
  const start = writer.beginMessage(tag);
  writer.string(0x0a, key);
  const valueStart = writer.beginMessage(0x12);
  writeAnyValue(writer, value, depth);
  writer.endMessage(valueStart);
  writer.endMessage(start);
}

function writeAnyValue(writer: ProtobufWriter, value: unknown, depth: number): void {
  switch (typeof value) {
    case 'string':
      writer.string(0x0a, value);
      return;
    case 'number':
      if (Number.isInteger(value) && value >= -INT64_LIMIT && value < INT64_LIMIT) writer.int64(0x18, value);
      else writer.double(0x21, value);
      return;
    case 'boolean':
      writer.bool(0x10, value);
      return;
    case 'bigint':
      if (BigInt.asIntN(64, value) === value) writer.bigint64(0x18, value);
      else writer.string(0x0a, value.toString());
      return;
    case 'object':
      if (value !== null && depth < MAX_DEPTH) writeStructure(writer, value, depth + 1);
      return;
    default:
  }
}

function writeStructure(writer: ProtobufWriter, value: object, depth: number): void {
  if (value instanceof Uint8Array) {
    writer.blob(0x3a, value);
    return;
  }
  const isArray = Array.isArray(value);
  const start = writer.beginMessage(isArray ? 0x2a : 0x32);
  if (isArray) {
    for (const item of value as unknown[]) {
      const itemStart = writer.beginMessage(0x0a);
      writeAnyValue(writer, item, depth);
      writer.endMessage(itemStart);
    }
  } else {
    for (const key of Object.keys(value)) {
      writeKeyValue(writer, 0x0a, key, (value as Record<string, unknown>)[key], depth);
    }
  }
  writer.endMessage(start);
}
