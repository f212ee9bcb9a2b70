import { createHash } from 'node:crypto';
import { Secret } from './secret.js';

const identities = new WeakMap<object, number>();
let nextIdentity = 1;

/**
 * Returns a digest that is equal for values of equal content. Exporters, samplers, processors and functions
 * count by identity. Credentials are hashed and cannot be read from the digest, so it may stay in memory.
 */
export function contentKey(value: unknown): string {
  return createHash('sha256').update(contentText(value)).digest('base64');
}

/**
 * Returns a text that is equal for values of equal content. It may hold credentials, so use it only to
 * compare.
 */
export function contentText(value: unknown): string {
  if (typeof value === 'function') return `#${identity(value)}`;
  // Quoting keeps a text from looking like several options.
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value !== 'object' || value === null) return `${typeof value}:${String(value)}`;
  if (value instanceof RegExp) return `regexp:${String(value)}`;
  if (value instanceof Uint8Array) return `bytes:${Buffer.from(value).toString('base64')}`;
  if (value instanceof Secret) return `secret:${JSON.stringify(value.reveal())}`;
  if (Array.isArray(value)) return `[${value.map(contentText).join(',')}]`;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return `#${identity(value)}`;
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}=${contentText(item)}`).join(',')}}`;
}

function identity(value: object): number {
  let id = identities.get(value);
  if (id === undefined) identities.set(value, (id = nextIdentity++));
  return id;
}
