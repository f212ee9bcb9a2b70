import type { AttributeValue } from '@opentelemetry/api';

/** Whether every exporter takes a value as it is: a text, a number, a boolean, or a list of one of these. */
export function isAttributeValue(value: unknown): value is AttributeValue {
  if (!Array.isArray(value)) return isPrimitive(value);
  const items = value.filter((item) => item !== null && item !== undefined);
  return items.every((item) => isPrimitive(item) && typeof item === typeof items[0]);
}

function isPrimitive(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}
