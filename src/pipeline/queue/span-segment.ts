import type { InstrumentationScope } from '../../sdk/instrumentation-scope.js';
import type { Resource } from '../../sdk/resource.js';
import type { ReadableSpan } from '../../sdk/readable-span.js';
import type { Part, Segment, SegmentOrigin } from './segment.js';
import { estimateSpanBytes } from './span-size.js';

const FULL_AT_SPANS = 512;

/** Holds spans as objects, for an exporter given in code. Their sizes are estimates. */
export class SpanSegment implements Segment {
  readonly resource: Resource;
  readonly scope: InstrumentationScope;
  readonly epoch: number;
  bytes = 0;
  full = false;
  private items: ReadableSpan[] = [];
  private sizes: number[] = [];

  constructor(origin: SegmentOrigin) {
    this.resource = origin.resource;
    this.scope = origin.scope;
    this.epoch = origin.epoch;
  }

  get spans(): number {
    return this.items.length;
  }

  append(span: ReadableSpan): number {
    const size = estimateSpanBytes(span);
    this.items.push(span);
    this.sizes.push(size);
    this.bytes += size;
    this.full = this.items.length >= FULL_AT_SPANS;
    return size;
  }

  seal(): void {
    this.full = true;
  }

  undo(bytes: number): void {
    this.items.pop();
    this.sizes.pop();
    this.bytes -= bytes;
  }

  dropOldest(): number {
    this.items.shift();
    const bytes = this.sizes.shift() ?? 0;
    this.bytes -= bytes;
    return bytes;
  }

  cut(maxSpans: number, maxBytes: number): Part | undefined {
    let bytes = 0;
    let count = 0;
    for (const size of this.sizes) {
      if (count >= maxSpans || bytes + size > maxBytes) break;
      bytes += size;
      count++;
    }
    if (count === 0) return undefined;
    this.bytes -= bytes;
    return new SpanPart(this, this.items.splice(0, count), this.sizes.splice(0, count), bytes);
  }
}

/** Span objects, with the estimated size of each. */
export class SpanPart implements Part {
  readonly resource: Resource;
  readonly scope: InstrumentationScope;
  readonly epoch: number;

  constructor(
    origin: SegmentOrigin,
    readonly items: readonly ReadableSpan[],
    private readonly sizes: readonly number[],
    readonly bytes: number,
  ) {
    this.resource = origin.resource;
    this.scope = origin.scope;
    this.epoch = origin.epoch;
  }

  get spans(): number {
    return this.items.length;
  }

  split(): readonly [SpanPart, SpanPart] {
    const half = this.items.length >>> 1;
    const sizes = this.sizes.slice(0, half);
    const bytes = sizes.reduce((sum, size) => sum + size, 0);
    return [
      new SpanPart(this, this.items.slice(0, half), sizes, bytes),
      new SpanPart(this, this.items.slice(half), this.sizes.slice(half), this.bytes - bytes),
    ];
  }
}
