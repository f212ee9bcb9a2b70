import { charCodeAt } from '../../base/char-code-at.js';
import type { FixedAttributes } from './fixed-attributes.js';
import { ProtobufWriter } from './protobuf-writer.js';

/** The most levels of nested values; deeper ones are left empty, which also ends cycles. */
const MAX_DEPTH = 8;
const INT64_LIMIT = 2 ** 63;
const SHORT_CHARS = 60;

/**
 * Writes `repeated KeyValue` fields.
 *
 * @returns the number of unreadable attributes, which are left out
 * @see {@link https://github.com/open-telemetry/opentelemetry-proto | opentelemetry-proto},
 *   `common/v1/common.proto`
 */
export function writeAttributes(writer: ProtobufWriter, tag: number, attributes: object): number {
  let unreadable = 0;
  for (const key in attributes) {
    // V8 optimises this form inside a `for…in` loop; `Object.hasOwn` would be a call per key.
    if (!Object.prototype.hasOwnProperty.call(attributes, key)) continue;
    const before = writer.pos;
    try {
      const value = (attributes as Record<string, unknown>)[key];
      if (typeof value === 'string' && writeShortText(writer, tag, key, value)) continue;
      writeKeyValue(writer, tag, key, value, 0);
    } catch {
      writer.pos = before;
      unreadable++;
    }
  }
  return unreadable;
}

/** Returns the encoded `KeyValue` fields of shared attributes. */
export function fixedFields(fixed: FixedAttributes, tag: number): Uint8Array {
  if (fixed.protobuf === undefined) {
    const writer = new ProtobufWriter(512);
    writeAttributes(writer, tag, fixed.values);
    fixed.protobuf = Uint8Array.from(writer.finish());
  }
  return fixed.protobuf;
}

/**
 * Writes a short key with a short text, the most common attribute, without nested messages.
 *
 * @returns whether it was written
 */
function writeShortText(writer: ProtobufWriter, tag: number, key: string, value: string): boolean {
  const keyLength = key.length;
  const valueLength = value.length;
  // Every length then fits into one byte, if all characters do.
  if (keyLength > SHORT_CHARS || valueLength > SHORT_CHARS) return false;
  writer.reserve(keyLength + valueLength + 8);
  const { bytes } = writer;
  let at = writer.pos;
  bytes[at++] = tag;
  bytes[at++] = keyLength + valueLength + 6;
  bytes[at++] = 0x0a;
  bytes[at++] = keyLength;
  for (let index = 0; index < keyLength; index++) {
    const code = charCodeAt(key, index);
    if (code > 0x7f) return false;
    bytes[at++] = code;
  }
  bytes[at++] = 0x12;
  bytes[at++] = valueLength + 2;
  bytes[at++] = 0x0a;
  bytes[at++] = valueLength;
  for (let index = 0; index < valueLength; index++) {
    const code = charCodeAt(value, index);
    if (code > 0x7f) return false;
    bytes[at++] = code;
  }
  writer.pos = at;
  return true;
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
      if (isInt64(value)) writer.int64(0x18, value);
      else if (Number.isFinite(value)) writer.double(0x21, value);
      // Receivers that store JSON have no number for it and fail when the span is read.
      else writer.string(0x0a, String(value));
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
    const form = numberForm(value);
    for (const item of value as unknown[]) {
      const itemStart = writer.beginMessage(0x0a);
      if (form === 'double' && typeof item === 'number') writer.double(0x21, item);
      else writeAnyValue(writer, form === 'text' && typeof item === 'number' ? String(item) : item, depth);
      writer.endMessage(itemStart);
    }
  } else {
    for (const key of Object.keys(value)) {
      writeKeyValue(writer, 0x0a, key, (value as Record<string, unknown>)[key], depth);
    }
  }
  writer.endMessage(start);
}

/**
 * Returns the form for all numbers of a list, so that they have one type; `undefined` if each number has
 * its own.
 */
export function numberForm(values: readonly unknown[]): 'double' | 'text' | undefined {
  let form: 'double' | 'text' | undefined;
  for (const value of values) {
    if (typeof value !== 'number') {
      // Holes in lists are skipped. Other types are exported as they are.
      if (value !== undefined && value !== null) return undefined;
    } else if (!Number.isFinite(value)) form = 'text';
    else if (form === undefined && !isInt64(value)) form = 'double';
  }
  return form;
}

/** Whether a number is an integer of 64 bits; other numbers are written as doubles. */
export function isInt64(value: number): boolean {
  return Number.isInteger(value) && value >= -INT64_LIMIT && value < INT64_LIMIT;
}
