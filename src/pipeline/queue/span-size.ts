import type { ReadableSpan } from '../../sdk/readable-span.js';

/** The estimated bytes of an ended span without attributes, events and links: objects, ids, times. */
const BASE_BYTES = 640;
const EVENT_BYTES = 160;
const LINK_BYTES = 240;
const ENTRY_BYTES = 32;
const MAX_DEPTH = 10;

/** Estimates the memory of a span in bytes: two bytes per character, and a constant per object. */
export function estimateSpanBytes(span: ReadableSpan): number {
  let bytes = BASE_BYTES + span.name.length * 2 + valueBytes(span.attributes, 0);
  if (span.status.message !== undefined) bytes += span.status.message.length * 2;
  for (const event of span.events) {
    bytes += EVENT_BYTES + event.name.length * 2 + valueBytes(event.attributes, 0);
  }
  for (const link of span.links) bytes += LINK_BYTES + valueBytes(link.attributes, 0);
  return bytes;
}

function valueBytes(value: unknown, depth: number): number {
  if (typeof value === 'string') return value.length * 2;
  if (typeof value !== 'object' || value === null || depth >= MAX_DEPTH) return 8;
  if (ArrayBuffer.isView(value)) return value.byteLength;
  let bytes = 0;
  if (Array.isArray(value)) {
    for (const item of value) bytes += 8 + valueBytes(item, depth + 1);
    return bytes;
  }
  for (const key in value) {
    bytes += ENTRY_BYTES + key.length * 2;
    try {
      bytes += valueBytes((value as Record<string, unknown>)[key], depth + 1);
    } catch {
      // The exporter meets the same getter inside its own guard.
    }
  }
  return bytes;
}
