import type { InboundRequest } from '../context/baggage-rules.js';

/** The headers of a message, in any form that a broker uses. */
export type MessageHeaders = InboundRequest['headers'];

/** The packet's field for headers, in transports without headers: TCP, Redis, and MQTT before version 5. */
export const ENVELOPE = 'telemetry';

/** The header with the tenant of the sender's flow. */
export const TENANT_HEADER = 'telemetry-tenant';

/** The longest header value, in characters; trace context is never longer. */
const MAX_HEADER_LENGTH = 8192;
const MAX_HEADERS = 100;

interface HeaderMap {
  keys?(): Iterable<string>;
  get?(key: string): unknown;
  getMap?(): Record<string, unknown>;
  [Symbol.iterator]?(): Iterator<unknown>;
}

/**
 * Reads headers from plain objects (RabbitMQ, Kafka, MQTT 5) or `Map`-like objects (NATS, gRPC), whose
 * values are texts, buffers or lists. Names become lower-case. Unreadable headers are left out. Never
 * throws.
 */
export function headersOf(source: unknown): MessageHeaders | undefined {
  if (typeof source !== 'object' || source === null) return undefined;
  try {
    const headers: Record<string, string> = {};
    let count = 0;
    for (const [name, value] of entriesOf(source)) {
      const text = textOf(value);
      if (text === undefined || name === '__proto__') continue;
      headers[name.toLowerCase()] = text;
      if ((count += 1) >= MAX_HEADERS) break;
    }
    return count === 0 ? undefined : headers;
  } catch {
    return undefined;
  }
}

function* entriesOf(source: object): Iterable<readonly [string, unknown]> {
  const map = source as HeaderMap;
  if (typeof map.getMap === 'function') yield* Object.entries(map.getMap());
  else if (typeof map.keys === 'function' && typeof map.get === 'function') {
    for (const key of map.keys()) yield [key, map.get(key)];
  } else yield* Object.entries(source);
}

function textOf(value: unknown): string | undefined {
  const first: unknown = Array.isArray(value) ? value[0] : value;
  if (first instanceof Uint8Array) {
    return first.byteLength > MAX_HEADER_LENGTH ? undefined : Buffer.from(first).toString('utf8');
  }
  return typeof first === 'string' && first.length <= MAX_HEADER_LENGTH ? first : undefined;
}

/** Reads headers from the JSON text in a job. */
export function headersOfText(text: unknown): MessageHeaders | undefined {
  if (typeof text !== 'string' || text.length > MAX_HEADER_LENGTH * 2) return undefined;
  try {
    return headersOf(JSON.parse(text));
  } catch {
    return undefined;
  }
}
