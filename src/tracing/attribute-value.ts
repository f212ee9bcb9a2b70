import type { AttributeValue, Attributes } from '@opentelemetry/api';
import { toBase64, toJson } from '../base/json-text.js';
import { toStructure } from './attribute-structure.js';

const UNSERIALIZABLE = '[Unserializable]';

/**
 * Converts any value to an attribute value. Bigints and symbols become strings; dates, errors and instances
 * of classes become text; `undefined`, `null` and functions become nothing. Never throws.
 *
 * @param structures - whether plain objects, mixed and nested arrays, and bytes keep their structure;
 *   otherwise they become JSON text, and bytes base64
 */
export function toAttributeValue(value: unknown, structures = false): AttributeValue | undefined {
  switch (typeof value) {
    case 'string':
    case 'number':
    case 'boolean':
      return value;
    case 'bigint':
    case 'symbol':
      return value.toString();
    case 'object':
      if (value === null) return undefined;
      return Array.isArray(value) ? arrayValue(value, structures) : objectValue(value, structures);
    default:
      return undefined;
  }
}

function arrayValue(value: unknown[], structures: boolean): AttributeValue | undefined {
  let type: string | undefined;
  for (const item of value) {
    if (item === null || item === undefined) continue;
    const itemType = typeof item;
    if (itemType !== 'string' && itemType !== 'number' && itemType !== 'boolean')
      return objectValue(value, structures);
    if (type !== undefined && type !== itemType) return objectValue(value, structures);
    type = itemType;
  }
  return value.slice() as AttributeValue;
}

function objectValue(value: object, structures: boolean): AttributeValue | undefined {
  try {
    const structure = structures ? toStructure(value) : undefined;
    // The value's type exists in API 1.10; that of 1.9 is narrower.
    if (structure !== undefined) return structure as AttributeValue;
    if (value instanceof Uint8Array) return toBase64(value);
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString();
    if (value instanceof Error) return `${value.name}: ${value.message}`;
    return toJson(value);
  } catch {
    return UNSERIALIZABLE;
  }
}

/** Reads a property whose getter may throw. */
export function readValue(input: Record<string, unknown>, key: string): unknown {
  try {
    return input[key];
  } catch {
    return UNSERIALIZABLE;
  }
}

/**
 * Copies attributes and converts each value with {@link toAttributeValue}. Entries without a value and
 * `__proto__` are skipped.
 */
export function toAttributes(
  input: Record<string, unknown>,
  structures = false,
  limit = Infinity,
): Attributes {
  const attributes: Attributes = {};
  let count = 0;
  for (const key of Object.keys(input)) {
    if (count >= limit) break;
    if (key === '' || key === '__proto__') continue;
    const value = toAttributeValue(readValue(input, key), structures);
    if (value === undefined) continue;
    attributes[key] = value;
    count += 1;
  }
  return attributes;
}
