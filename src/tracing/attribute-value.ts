import type { AttributeValue, Attributes } from '@opentelemetry/api';

const UNSERIALIZABLE = '[Unserializable]';

/**
 * Turns any value into one that every exporter keeps: objects, mixed arrays and nested arrays become JSON
 * text, bigints and symbols become strings; `undefined`, `null` and functions become nothing. Never throws.
 */
export function toAttributeValue(value: unknown): AttributeValue | undefined {
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
      return Array.isArray(value) ? arrayValue(value) : objectValue(value);
    default:
      return undefined;
  }
}

function arrayValue(value: unknown[]): AttributeValue | undefined {
  let type: string | undefined;
  for (const item of value) {
    if (item === null || item === undefined) continue;
    const itemType = typeof item;
    if (itemType !== 'string' && itemType !== 'number' && itemType !== 'boolean') return toJson(value);
    if (type !== undefined && type !== itemType) return toJson(value);
    type = itemType;
  }
  return value.slice() as AttributeValue;
}

function objectValue(value: object): AttributeValue | undefined {
  try {
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString();
    if (value instanceof Error) return `${value.name}: ${value.message}`;
    return toJson(value);
  } catch {
    return UNSERIALIZABLE;
  }
}

/** JSON text of any value; cycles, bigints and throwing getters become placeholders. */
export function toJson(value: unknown): string | undefined {
  const ancestors: object[] = [];
  try {
    return JSON.stringify(value, function (this: unknown, _key, item: unknown) {
      if (typeof item === 'bigint') return item.toString();
      if (typeof item !== 'object' || item === null) return item;
      while (ancestors.length > 0 && ancestors.at(-1) !== this) ancestors.pop();
      if (ancestors.includes(item)) return '[Circular]';
      ancestors.push(item);
      return item;
    });
  } catch {
    return UNSERIALIZABLE;
  }
}

/** A property whose getter may throw. */
export function readValue(input: Record<string, unknown>, key: string): unknown {
  try {
    return input[key];
  } catch {
    return UNSERIALIZABLE;
  }
}

/** Copies attributes through {@link toAttributeValue}, skipping what has no value and `__proto__`. */
export function toAttributes(input: Record<string, unknown>, limit = Infinity): Attributes {
  const attributes: Attributes = {};
  let count = 0;
  for (const key of Object.keys(input)) {
    if (count >= limit) break;
    if (key === '' || key === '__proto__') continue;
    const value = toAttributeValue(readValue(input, key));
    if (value === undefined) continue;
    attributes[key] = value;
    count += 1;
  }
  return attributes;
}
