import { randomFillSync } from 'node:crypto';

const POOL_BYTES = 8192;
/**
 * The number of random bytes that are converted to hex at a time. Ids are slices of that text, which stays
 * in memory as long as one of them does; so the chunk is small.
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

/** Returns 32 random lower-case hex digits, never all zero. */
export function newTraceId(): string {
  const id = randomHex(32);
  return id === '00000000000000000000000000000000' ? newTraceId() : id;
}

/** Returns 16 random lower-case hex digits, never all zero. */
export function newSpanId(): string {
  const id = randomHex(16);
  return id === '0000000000000000' ? newSpanId() : id;
}
