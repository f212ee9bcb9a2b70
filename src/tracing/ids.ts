import { randomFillSync } from 'node:crypto';

const POOL_BYTES = 8192;
/**
 * How much is written as hex at a time. Ids are slices of that text, which lives as long as any of them does:
 * small enough for spans that are kept.
 */
const CHUNK_BYTES = 1024;

const pool = Buffer.allocUnsafe(POOL_BYTES);
let usedBytes = POOL_BYTES;
let chunk = '';
let usedDigits = 0;

function randomHex(digits: number): string {
  if (usedDigits + digits > chunk.length) refill();
  const start = usedDigits;
  usedDigits += digits;
  return chunk.slice(start, usedDigits);
}

function refill(): void {
  if (usedBytes >= POOL_BYTES) {
    randomFillSync(pool);
    usedBytes = 0;
  }
  chunk = pool.toString('hex', usedBytes, usedBytes + CHUNK_BYTES);
  usedBytes += CHUNK_BYTES;
  usedDigits = 0;
}

/** 32 lower-case hex digits, never all zero. */
export function newTraceId(): string {
  const id = randomHex(32);
  return id === '00000000000000000000000000000000' ? newTraceId() : id;
}

/** 16 lower-case hex digits, never all zero. */
export function newSpanId(): string {
  const id = randomHex(16);
  return id === '0000000000000000' ? newSpanId() : id;
}
