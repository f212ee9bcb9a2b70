// Spans as OTLP protobuf, written when they end: the encoder of the hand-made minimum. It knows what that row
// needs and nothing else: short ASCII strings, small whole numbers, one buffer for a batch.
import { randomFillSync } from 'node:crypto';

const BATCH = 512;
/** More than a batch of this benchmark's spans takes. */
const CAPACITY = 512 * 1024;
const TWO_POW_32 = 0x1_0000_0000;

const ids = new Uint32Array(4096);
let used = ids.length;

/** Four random bytes as a number, drawn in bulk. */
export function randomWord() {
  if (used === ids.length) {
    randomFillSync(ids);
    used = 0;
  }
  return ids[used++];
}

const epoch = BigInt(Math.round(performance.timeOrigin * 1e6));
const epochLow = Number(epoch & 0xffff_ffffn);
const epochHigh = Number(epoch >> 32n);

/** The bytes of attributes that are the same for all spans of a route, written once. */
export function encodeAttributes(attributes) {
  const writer = new FloorWriter();
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === 'number') writer.number(key, value);
    else writer.text(key, value);
  }
  return writer.taken();
}

export class FloorWriter {
  bytes = Buffer.allocUnsafeSlow(CAPACITY);
  at = 0;
  spans = 0;

  get isFull() {
    return this.spans >= BATCH;
  }

  /** Ids, name, kind and times; attributes follow, then {@link end}. */
  begin({ trace, span, parent, name, kind, started }, ended) {
    this.bytes[this.at] = 0x12; // ScopeSpans.spans
    this.start = this.at += 3;
    this.words(0x0a, trace);
    this.words(0x12, span);
    if (parent !== undefined) this.words(0x22, parent);
    this.string(0x2a, name);
    this.bytes[this.at++] = 0x30;
    this.bytes[this.at++] = kind;
    this.time(0x39, started);
    this.time(0x41, ended);
  }

  end() {
    const length = this.at - this.start;
    this.bytes[this.start - 2] = (length & 0x7f) | 0x80;
    this.bytes[this.start - 1] = length >>> 7;
    this.spans += 1;
  }

  text(key, value) {
    this.bytes[this.at++] = 0x4a;
    this.bytes[this.at++] = key.length + value.length + 6;
    this.string(0x0a, key);
    this.bytes[this.at++] = 0x12;
    this.bytes[this.at++] = value.length + 2;
    this.string(0x0a, value);
  }

  /** A whole number below 2 ** 21. */
  number(key, value) {
    const size = value < 0x80 ? 1 : value < 0x4000 ? 2 : 3;
    this.bytes[this.at++] = 0x4a;
    this.bytes[this.at++] = key.length + size + 5;
    this.string(0x0a, key);
    this.bytes[this.at++] = 0x12;
    this.bytes[this.at++] = size + 1;
    this.bytes[this.at++] = 0x18;
    let rest = value;
    for (; rest > 0x7f; rest >>>= 7) this.bytes[this.at++] = (rest & 0x7f) | 0x80;
    this.bytes[this.at++] = rest;
  }

  raw(bytes) {
    this.bytes.set(bytes, this.at);
    this.at += bytes.length;
  }

  /** What was written, as a copy; the writer is empty again. */
  taken() {
    const bytes = Buffer.from(this.bytes.subarray(0, this.at));
    this.at = this.spans = 0;
    return bytes;
  }

  words(tag, words) {
    this.bytes[this.at++] = tag;
    this.bytes[this.at++] = words.length * 4;
    for (const word of words) this.word(word);
  }

  word(value) {
    const { bytes } = this;
    bytes[this.at++] = value;
    bytes[this.at++] = value >>> 8;
    bytes[this.at++] = value >>> 16;
    bytes[this.at++] = value >>> 24;
  }

  /** `millis` since the process began, as nanoseconds since 1970. */
  time(tag, millis) {
    const nanos = Math.round(millis * 1e6);
    const low = epochLow + (nanos % TWO_POW_32);
    this.bytes[this.at++] = tag;
    this.word(low % TWO_POW_32);
    this.word(epochHigh + Math.floor(nanos / TWO_POW_32) + (low >= TWO_POW_32 ? 1 : 0));
  }

  string(tag, value) {
    const { bytes } = this;
    const { length } = value;
    bytes[this.at++] = tag;
    bytes[this.at++] = length;
    for (let index = 0; index < length; index++) bytes[this.at++] = value.charCodeAt(index);
  }
}
