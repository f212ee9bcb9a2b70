import { isInt64, numberForm } from './protobuf-attributes.js';

const MAX_DEPTH = 8;

/** Attributes in OTLP's JSON, with the number of unreadable ones. */
export interface JsonAttributes {
  readonly list: readonly { readonly key: string; readonly value: object }[];
  readonly unreadable: number;
}

export function toJsonAttributes(attributes: object): JsonAttributes {
  const list: { key: string; value: object }[] = [];
  let unreadable = 0;
  for (const key of Object.keys(attributes)) {
    try {
      list.push({ key, value: toJsonValue((attributes as Record<string, unknown>)[key], 0) });
    } catch {
      unreadable++;
    }
  }
  return { list, unreadable };
}

function toJsonValue(value: unknown, depth: number): object {
  switch (typeof value) {
    case 'string':
      return { stringValue: value };
    case 'number':
      if (!Number.isFinite(value)) return { stringValue: String(value) };
      return isInt64(value) ? { intValue: value } : { doubleValue: value };
    case 'boolean':
      return { boolValue: value };
    case 'bigint':
      return BigInt.asIntN(64, value) === value
        ? { intValue: value.toString() }
        : { stringValue: value.toString() };
    case 'object':
      return value === null || depth >= MAX_DEPTH ? {} : toJsonStructure(value, depth + 1);
    default:
      return {};
  }
}

function toJsonItems(items: readonly unknown[], depth: number): object[] {
  const form = numberForm(items);
  return items.map((item) => {
    if (form === 'double' && typeof item === 'number') return { doubleValue: item };
    return toJsonValue(form === 'text' && typeof item === 'number' ? String(item) : item, depth);
  });
}

function toJsonStructure(value: object, depth: number): object {
  if (value instanceof Uint8Array) return { bytesValue: Buffer.from(value).toString('base64') };
  if (Array.isArray(value)) return { arrayValue: { values: toJsonItems(value, depth) } };
  const values = Object.entries(value).map(([key, item]) => ({ key, value: toJsonValue(item, depth) }));
  return { kvlistValue: { values } };
}
