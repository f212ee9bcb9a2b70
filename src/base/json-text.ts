const UNSERIALIZABLE = '[Unserializable]';

/**
 * Converts any value to JSON text. Cycles, bigints and throwing getters become placeholders; bytes become
 * base64.
 */
export function toJson(value: unknown): string | undefined {
  const ancestors: object[] = [];
  try {
    return JSON.stringify(value, function (this: unknown, _key, item: unknown) {
      if (typeof item === 'bigint') return item.toString();
      if (typeof item !== 'object' || item === null) return item;
      if (item instanceof Uint8Array) return toBase64(item);
      while (ancestors.length > 0 && ancestors.at(-1) !== this) ancestors.pop();
      if (ancestors.includes(item)) return '[Circular]';
      ancestors.push(item);
      return item;
    });
  } catch {
    return UNSERIALIZABLE;
  }
}

/** Encodes bytes as base64, in Node and in a browser. */
export function toBase64(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}
