import type { InstrumentationScope } from '../../sdk/instrumentation-scope.js';
import type { Resource } from '../../sdk/resource.js';
import type { ReadableSpan } from '../../sdk/readable-span.js';
import type { Part, Segment, SegmentOrigin } from '../queue/segment.js';
import { ProtobufWriter } from './protobuf-writer.js';

/** The fill level at which a buffer is sealed; a span of usual size fits into the rest. */
const SEALED_AT_BYTES = 63 * 1_024;
const ROOMY_BYTES = 64 * 1_024;
const SPARSE_BYTES = 512;
/**
 * The divisor for unused space: a sealed segment with more unused space than this share of its content is
 * shrunk.
 */
const SPARE_SHARE = 8;

/** Appends one span as a field of tag, length and body, in any encoding. */
export type SpanEncoder = (writer: ProtobufWriter, span: ReadableSpan) => void;

/** Holds encoded spans one after the other in one buffer, so that no object per span is kept. */
export class EncodedSegment implements Segment {
  readonly resource: Resource;
  readonly scope: InstrumentationScope;
  readonly epoch: number;
  spans = 0;
  full = false;
  private readonly writer: ProtobufWriter;
  private start = 0;

  constructor(
    origin: SegmentOrigin,
    roomy: boolean,
    private readonly encode: SpanEncoder,
  ) {
    this.writer = new ProtobufWriter(roomy ? ROOMY_BYTES : SPARSE_BYTES);
    this.resource = origin.resource;
    this.scope = origin.scope;
    this.epoch = origin.epoch;
  }

  get bytes(): number {
    return this.writer.pos - this.start;
  }

  append(span: ReadableSpan): number {
    const { writer } = this;
    const before = writer.pos;
    try {
      this.encode(writer, span);
    } catch (error) {
      writer.pos = before;
      throw error;
    }
    const bytes = writer.pos - before;
    this.spans++;
    if (writer.pos >= SEALED_AT_BYTES) this.seal();
    return bytes;
  }

  seal(): void {
    this.full = true;
    const { writer } = this;
    if (writer.bytes.length - writer.pos <= writer.pos / SPARE_SHARE) return;
    const exact = Buffer.allocUnsafeSlow(writer.pos - this.start);
    writer.bytes.copy(exact, 0, this.start, writer.pos);
    writer.bytes = exact;
    writer.pos = exact.length;
    this.start = 0;
  }

  undo(bytes: number): void {
    this.writer.pos -= bytes;
    this.spans--;
  }

  dropOldest(): number {
    const end = fieldEnd(this.writer.bytes, this.start);
    const bytes = end - this.start;
    this.start = end;
    this.spans--;
    return bytes;
  }

  cut(maxSpans: number, maxBytes: number): Part | undefined {
    const { writer, start } = this;
    let spans = this.spans;
    let end = writer.pos;
    if (spans > maxSpans || end - start > maxBytes) {
      spans = 0;
      end = start;
      while (spans < maxSpans && spans < this.spans) {
        const next = fieldEnd(writer.bytes, end);
        if (next - start > maxBytes) break;
        end = next;
        spans++;
      }
      if (spans === 0) return undefined;
    }
    this.start = end;
    this.spans -= spans;
    return new EncodedPart(this, writer.bytes, start, end, spans);
  }
}

/** Encoded spans: a range of a segment's buffer that is not written again. */
export class EncodedPart implements Part {
  readonly resource: Resource;
  readonly scope: InstrumentationScope;
  readonly epoch: number;

  constructor(
    origin: SegmentOrigin,
    readonly buffer: Buffer,
    readonly start: number,
    readonly end: number,
    readonly spans: number,
  ) {
    this.resource = origin.resource;
    this.scope = origin.scope;
    this.epoch = origin.epoch;
  }

  get bytes(): number {
    return this.end - this.start;
  }

  split(): readonly [EncodedPart, EncodedPart] {
    const half = this.spans >>> 1;
    let middle = this.start;
    for (let index = 0; index < half; index++) middle = fieldEnd(this.buffer, middle);
    return [
      new EncodedPart(this, this.buffer, this.start, middle, half),
      new EncodedPart(this, this.buffer, middle, this.end, this.spans - half),
    ];
  }

  /** Yields the start and end offset of each span's body. */
  *bodies(): Generator<readonly [start: number, end: number]> {
    let at = this.start;
    while (at < this.end) {
      const end = fieldEnd(this.buffer, at);
      yield [bodyStart(this.buffer, at), end];
      at = end;
    }
  }
}

function bodyStart(buffer: Buffer, field: number): number {
  let at = field + 1;
  while ((buffer[at++] ?? 0) > 0x7f);
  return at;
}

function fieldEnd(buffer: Buffer, field: number): number {
  let at = field + 1;
  let length = 0;
  let shift = 0;
  let byte: number;
  do {
    byte = buffer[at++] ?? 0;
    length += (byte & 0x7f) * 2 ** shift;
    shift += 7;
  } while (byte > 0x7f);
  return at + length;
}
