import { isSecretEntry } from '../pipeline/masking/mask-keys.js';

/** The longest JSON text of recorded arguments and results, in characters. */
const MAX_TEXT = 8192;
const MAX_DEPTH = 6;
const MAX_ENTRIES = 100;
const MAX_STRING = 2048;

/** The text of a value, and its MIME type. */
export interface ValueText {
  readonly text: string;
  readonly mimeType: 'application/json' | 'text/plain';
}

/**
 * Converts any value to text for a span: strings stay unchanged, everything else becomes JSON with limited
 * depth, entries and length. Never throws, and runs none of the value's code except getters.
 *
 * @param isSecret - selects names whose values are left out
 */
export function valueText(value: unknown, isSecret: (name: string) => boolean, redacted: string): ValueText {
  if (typeof value === 'string') return { text: cut(value, MAX_TEXT), mimeType: 'text/plain' };
  const budget = { characters: MAX_TEXT };
  const plain = copy(value ?? null, { isSecret, redacted, budget, ancestors: [] });
  return { text: cut(JSON.stringify(plain), MAX_TEXT), mimeType: 'application/json' };
}

interface Writing {
  readonly isSecret: (name: string) => boolean;
  readonly redacted: string;
  readonly budget: { characters: number };
  readonly ancestors: object[];
}

function copy(value: unknown, writing: Writing): unknown {
  switch (typeof value) {
    case 'string':
      return spend(cut(value, MAX_STRING), writing);
    case 'bigint':
    case 'symbol':
      return value.toString();
    case 'function':
      return `[Function ${value.name}]`;
    case 'object':
      return value === null ? null : copyObject(value, writing);
    default:
      return value;
  }
}

function copyObject(value: object, writing: Writing): unknown {
  const { ancestors, budget } = writing;
  if (ancestors.includes(value)) return '[Circular]';
  if (ancestors.length >= MAX_DEPTH || budget.characters <= 0) return '[…]';
  ancestors.push(value);
  try {
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString();
    if (value instanceof Error) return spend(`${value.name}: ${value.message}`, writing);
    if (ArrayBuffer.isView(value)) return `[${value.constructor.name} of ${value.byteLength} bytes]`;
    if (Array.isArray(value)) return copyItems(value, writing);
    if (value instanceof Map || value instanceof Set) return `[${value.constructor.name} of ${value.size}]`;
    if (isMachinery(value)) return `[${value.constructor.name}]`;
    return copyEntries(value, writing);
  } catch {
    return '[Unreadable]';
  } finally {
    ancestors.pop();
  }
}

function copyItems(items: readonly unknown[], writing: Writing): unknown[] {
  return items
    .slice(0, MAX_ENTRIES)
    .map((item) =>
      isSecretEntry(item, writing.isSecret) ? [item[0], writing.redacted] : copy(item, writing),
    );
}

function copyEntries(value: object, writing: Writing): unknown {
  const entries: [string, unknown][] = [];
  for (const key of Object.keys(value)) {
    if (entries.length >= MAX_ENTRIES || writing.budget.characters <= 0) break;
    spend(key, writing);
    entries.push([key, writing.isSecret(key) ? writing.redacted : copy(Reflect.get(value, key), writing)]);
  }
  return Object.fromEntries(entries);
}

/**
 * Whether an object is a request, response, socket, stream or emitter. Such objects say little and
 * reference half of the process.
 */
function isMachinery(value: object): boolean {
  const { on, pipe, then, subscribe } = value as Record<string, unknown>;
  return [on, pipe, then, subscribe].some((method) => typeof method === 'function');
}

function spend(text: string, { budget }: Writing): string {
  budget.characters -= text.length;
  return text;
}

function cut(text: string, limit: number): string {
  return text.length > limit ? `${text.slice(0, limit - 1)}…` : text;
}
