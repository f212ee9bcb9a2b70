import type { Attributes, AttributeValue } from '@opentelemetry/api';
import { toBase64, toJson } from '../base/json-text.js';

/**
 * Whether every exporter accepts a value unchanged: a text, a number, a boolean, or a list of one of these.
 */
export function isAttributeValue(value: unknown): value is AttributeValue {
  if (!Array.isArray(value)) return isPrimitive(value);
  const items = value.filter((item) => item !== null && item !== undefined);
  return items.every((item) => isPrimitive(item) && typeof item === typeof items[0]);
}

function isPrimitive(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

/**
 * Replaces attribute values that OTLP alone can carry.
 *
 * @returns the attributes, with JSON text for structures and base64 for bytes
 */
export function plainAttributes(attributes: Attributes): Attributes {
  let plain = attributes;
  for (const key of Object.keys(attributes)) {
    const value: unknown = attributes[key];
    if (typeof value !== 'object' || value === null || isAttributeValue(value)) continue;
    if (plain === attributes) plain = { ...attributes };
    plain[key] = value instanceof Uint8Array ? toBase64(value) : toJson(value);
  }
  return plain;
}
