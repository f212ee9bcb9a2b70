/** Fields of a command that do not describe the operation. */
const ENVELOPE = /^(\$|lsid$|txnNumber$|startTransaction$|autocommit$|apiVersion$|maxTimeMS$)/;
const MAX_DEPTH = 8;
const MAX_FIELDS = 50;
const MAX_LENGTH = 2048;

/** Formats a command as JSON with `?` for each value; lists show their first element. */
export function mongoText(command: Readonly<Record<string, unknown>>): string {
  const [operation = '', ...fields] = Object.keys(command).filter((key) => !ENVELOPE.test(key));
  const named = command[operation];
  const shown: Record<string, unknown> = { [operation]: typeof named === 'string' ? named : '?' };
  for (const key of fields.slice(0, MAX_FIELDS)) shown[key] = withoutValues(command[key], MAX_DEPTH);
  if (operation === 'getMore') shown['collection'] = command['collection'];
  return JSON.stringify(shown).slice(0, MAX_LENGTH);
}

function withoutValues(value: unknown, depth: number): unknown {
  if (depth === 0 || typeof value !== 'object' || value === null) return '?';
  if (Array.isArray(value)) return value.length === 0 ? [] : [withoutValues(value[0], depth - 1)];
  if (!isPlain(value)) return withoutValuesIn(value, depth);
  const shown: Record<string, unknown> = {};
  for (const key of Object.keys(value).slice(0, MAX_FIELDS)) {
    shown[key] = withoutValues((value as Record<string, unknown>)[key], depth - 1);
  }
  return shown;
}

/** Removes values from a document. The driver stores the documents of a write in a separate object. */
function withoutValuesIn(value: object, depth: number): unknown {
  const { field, documents } = value as { readonly field?: unknown; readonly documents?: unknown };
  return typeof field === 'string' && Array.isArray(documents) ? withoutValues(documents, depth) : '?';
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
