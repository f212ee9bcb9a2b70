import { charCodeAt } from '../../base/char-code-at.js';

/** Strings up to this length are copied by a loop, since a call into native code costs more. */
const LOOP_CHARS = 40;
const TWO_POW_32 = 0x1_0000_0000;
/** The values of hexadecimal digits by character code; other codes count as zero. */
const NIBBLES = new Uint8Array(128);
for (const digits of ['0123456789abcdef', '0123456789ABCDEF']) {
  for (let value = 0; value < 16; value++) NIBBLES[digits.charCodeAt(value)] = value;
}

/**
 * Appends protobuf fields to a growing buffer.
 *
 * Lengths take as few bytes as possible. If a message's length needs more bytes than were reserved, the
 * message is moved at its end. This does not happen for spans and attributes of usual size.
 *
 * @see {@link https://protobuf.dev/programming-guides/encoding/ | Protobuf encoding}
 */
export class ProtobufWriter {
  bytes: Buffer;
  pos = 0;
  private lastSeconds = -1;
  private lastSecondsLow = 0;
  private lastSecondsHigh = 0;

  constructor(capacity: number) {
    this.bytes = Buffer.allocUnsafe(capacity);
  }

  /** Ensures that this many bytes can be written without further checks. */
  reserve(bytes: number): void {
    if (this.pos + bytes > this.bytes.length) this.grow(bytes);
  }

  /** Begins a length-delimited message. Pass the returned value to {@link endMessage}. */
  beginMessage(tag: number, lengthBytes: 1 | 2 = 1): number {
    this.reserve(3);
    this.bytes[this.pos++] = tag;
    const start = this.pos;
    this.pos += lengthBytes;
    return start;
  }

  endMessage(start: number, lengthBytes: 1 | 2 = 1): void {
    const length = this.pos - start - lengthBytes;
    const needed = varintBytes(length);
    if (needed !== lengthBytes) {
      this.reserve(needed);
      this.bytes.copyWithin(start + needed, start + lengthBytes, this.pos);
      this.pos += needed - lengthBytes;
    }
    const end = this.pos;
    this.pos = start;
    this.uncheckedVarint(length);
    this.pos = end;
  }

  /** Writes a varint field; zero is left out, as in proto3. */
  uint32(tag: number, value: number): void {
    if (value === 0) return;
    this.reserve(6);
    this.bytes[this.pos++] = tag;
    this.uncheckedVarint(value);
  }

  int64(tag: number, value: number): void {
    this.reserve(11);
    this.bytes[this.pos++] = tag;
    if (value >= 0 && value <= 0x7fff_ffff) {
      this.uncheckedVarint(value);
      return;
    }
    // Two's complement over 64 bits; exact for every integer in a double.
    const high = Math.floor(value / TWO_POW_32);
    this.varint64(value - high * TWO_POW_32, high >>> 0);
  }

  bigint64(tag: number, value: bigint): void {
    this.reserve(11);
    this.bytes[this.pos++] = tag;
    const bits = BigInt.asUintN(64, value);
    this.varint64(Number(bits & 0xffff_ffffn), Number(bits >> 32n));
  }

  bool(tag: number, value: boolean): void {
    this.reserve(2);
    this.bytes[this.pos++] = tag;
    this.bytes[this.pos++] = value ? 1 : 0;
  }

  double(tag: number, value: number): void {
    this.reserve(9);
    this.bytes[this.pos++] = tag;
    this.pos = this.bytes.writeDoubleLE(value, this.pos);
  }

  fixed32(value: number): void {
    this.reserve(4);
    const { bytes } = this;
    bytes[this.pos++] = value;
    bytes[this.pos++] = value >>> 8;
    bytes[this.pos++] = value >>> 16;
    bytes[this.pos++] = value >>> 24;
  }

  /** Writes a time, given as seconds and nanoseconds since the epoch, as `fixed64` nanoseconds. */
  time(tag: number, seconds: number, nanos: number): void {
    if (seconds !== this.lastSeconds) this.splitSeconds(seconds);
    let low = this.lastSecondsLow + Math.trunc(nanos);
    let high = this.lastSecondsHigh;
    if (low >= TWO_POW_32) {
      low -= TWO_POW_32;
      high++;
    }
    this.reserve(9);
    this.bytes[this.pos++] = tag;
    this.fixed32(low);
    this.fixed32(high);
  }

  /** Writes a length-delimited string field in UTF-8; lone surrogates become U+FFFD. */
  string(tag: number, value: string): void {
    const { length } = value;
    if (length <= LOOP_CHARS) {
      this.reserve(length * 3 + 2);
      const { bytes } = this;
      bytes[this.pos] = tag;
      let at = this.pos + 2;
      let index = 0;
      for (; index < length; index++) {
        const code = charCodeAt(value, index);
        if (code > 0x7f) break;
        bytes[at++] = code;
      }
      if (index < length) at = this.pos + 2 + bytes.write(value, this.pos + 2, 'utf8');
      // 40 characters have at most 120 bytes, so the length fits into one byte.
      bytes[this.pos + 1] = at - this.pos - 2;
      this.pos = at;
      return;
    }
    const size = Buffer.byteLength(value, 'utf8');
    this.reserve(size + 6);
    this.bytes[this.pos++] = tag;
    this.uncheckedVarint(size);
    this.pos += this.bytes.write(value, this.pos, 'utf8');
  }

  /** Writes a length-delimited field of bytes. */
  blob(tag: number, value: Uint8Array): void {
    this.reserve(value.length + 6);
    this.bytes[this.pos++] = tag;
    this.uncheckedVarint(value.length);
    this.raw(value);
  }

  /** Writes bytes without tag and length. */
  raw(value: Uint8Array): void {
    this.reserve(value.length);
    this.bytes.set(value, this.pos);
    this.pos += value.length;
  }

  /** Writes a trace or span id, given in hexadecimal; other characters count as zero. */
  hex(tag: number, value: string): void {
    const { length } = value;
    const size = length >>> 1;
    this.reserve(size + 6);
    const { bytes } = this;
    bytes[this.pos++] = tag;
    this.uncheckedVarint(size);
    let at = this.pos;
    for (let index = 0; index + 1 < length; index += 2) {
      const high = NIBBLES[charCodeAt(value, index)] as number;
      bytes[at++] = (high << 4) | (NIBBLES[charCodeAt(value, index + 1)] as number);
    }
    this.pos = at;
  }

  /** Returns a view of the bytes written so far. */
  finish(): Buffer {
    return this.bytes.subarray(0, this.pos);
  }

  private uncheckedVarint(value: number): void {
    const { bytes } = this;
    let rest = value >>> 0;
    while (rest > 0x7f) {
      bytes[this.pos++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    bytes[this.pos++] = rest;
  }

  private varint64(lowBits: number, highBits: number): void {
    const { bytes } = this;
    let low = lowBits >>> 0;
    let high = highBits;
    while (high > 0 || low > 0x7f) {
      bytes[this.pos++] = (low & 0x7f) | 0x80;
      low = ((low >>> 7) | (high << 25)) >>> 0;
      high >>>= 7;
    }
    bytes[this.pos++] = low;
  }

  private splitSeconds(seconds: number): void {
    // `seconds * 1e9` has more bits than a double, so it is multiplied in two halves of 16 bits.
    const upper = Math.floor(seconds / 0x1_0000) * 1e9;
    const lower = (seconds % 0x1_0000) * 1e9;
    const low = (upper % 0x1_0000) * 0x1_0000 + lower;
    this.lastSeconds = seconds;
    this.lastSecondsLow = low % TWO_POW_32;
    this.lastSecondsHigh = Math.floor(upper / 0x1_0000) + Math.floor(low / TWO_POW_32);
  }

  private grow(bytes: number): void {
    const larger = Buffer.allocUnsafeSlow(Math.max(this.bytes.length * 2, this.pos + bytes));
    this.bytes.copy(larger, 0, 0, this.pos);
    this.bytes = larger;
  }
}

/** Returns the number of bytes of a varint of up to 32 bits. */
export function varintBytes(value: number): number {
  if (value < 0x80) return 1;
  if (value < 0x4000) return 2;
  if (value < 0x20_0000) return 3;
  return value < 0x1000_0000 ? 4 : 5;
}
