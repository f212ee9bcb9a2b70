import { toJson } from '../base/json-text.js';

/** The number of levels that encoders write. Deeper structures are exported as JSON text. */
const MAX_DEPTH = 8;
const CIRCULAR = '[Circular]';

/**
 * Copies a complex attribute value, as API 1.10 defines it: plain objects, arrays of any values, and bytes.
 *
 * @returns a copy that shares nothing with `value`; nothing if the value is not of such a type
 */
export function toStructure(value: object, ancestors: readonly object[] = []): unknown {
  if (value instanceof Uint8Array) return new Uint8Array(value);
  const isArray = Array.isArray(value);
  if (!isArray && !isPlain(value)) return undefined;
  if (ancestors.includes(value)) return CIRCULAR;
  if (ancestors.length >= MAX_DEPTH) return toJson(value);
  const path = [...ancestors, value];
  if (isArray) return value.map((item) => nested(item, path) ?? null);
  const copy: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    if (key === '__proto__') continue;
    const item = nested(read(value as Record<string, unknown>, key), path);
    if (item !== undefined) copy[key] = item;
  }
  return copy;
}

function nested(value: unknown, path: readonly object[]): unknown {
  switch (typeof value) {
    case 'bigint':
    case 'symbol':
      return value.toString();
    case 'function':
      return undefined;
    case 'object':
      if (value === null) return null;
      return toStructure(value, path) ?? asText(value);
    default:
      return value;
  }
}

/** Converts dates, errors and instances of classes to text. */
function asText(value: object): string | undefined {
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  const json = toJson(value);
  // A date's JSON is a string already.
  return json?.startsWith('"') === true ? (JSON.parse(json) as string) : json;
}

function read(value: Record<string, unknown>, key: string): unknown {
  try {
    return value[key];
  } catch {
    return '[Unserializable]';
  }
}

/**
 * Whether an object is plain, even one of another realm such as Jest's. An object with `toJSON` is not
 * plain.
 */
function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value) as object | null;
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) return false;
  return typeof (value as { readonly toJSON?: unknown }).toJSON !== 'function';
}
