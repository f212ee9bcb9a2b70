const UNSERIALIZABLE = '[Unserializable]';

/** JSON text of any value; cycles, bigints and throwing getters become placeholders, bytes are base64. */
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

/** Bytes as text, in Node and in a browser. */
export function toBase64(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}
