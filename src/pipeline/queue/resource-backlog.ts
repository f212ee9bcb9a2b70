import type { InstrumentationScope } from '../../sdk/instrumentation-scope.js';
import type { Resource } from '../../sdk/resource.js';
import type { Part, Segment } from './segment.js';

/** A span that was evicted. */
export interface Evicted {
  readonly bytes: number;
  readonly epoch: number;
}

/** Waiting spans of one resource. Urgent ones (errors, server spans) have a separate lane. */
export class ResourceBacklog {
  spans = 0;
  bytes = 0;
  private readonly normal = new Lane();
  private readonly urgent = new Lane();

  constructor(
    readonly resource: Resource,
    /** The queue's limit in bytes divided by its limit in spans. */
    private readonly bytesPerSpan: number,
  ) {}

  /**
   * Returns how much of the queue the resource occupies: its share of spans or of bytes, whichever is
   * larger.
   */
  get weight(): number {
    return Math.max(this.bytes, this.spans * this.bytesPerSpan);
  }

  added(bytes: number): void {
    this.spans++;
    this.bytes += bytes;
  }

  removed(bytes: number): void {
    this.spans--;
    this.bytes -= bytes;
  }

  /** Returns the segment that takes the next span of a scope, if there is one. */
  openSegment(urgent: boolean, scope: InstrumentationScope): Segment | undefined {
    return (urgent ? this.urgent : this.normal).openSegment(scope);
  }

  begin(urgent: boolean, segment: Segment): Segment {
    (urgent ? this.urgent : this.normal).begin(segment);
    return segment;
  }

  seal(): void {
    this.normal.seal();
    this.urgent.seal();
  }

  /** Removes a segment that was begun for a span that did not fit. */
  removeSegment(urgent: boolean, segment: Segment): void {
    (urgent ? this.urgent : this.normal).remove(segment);
  }

  /** Drops the oldest span of a lane, but never the newest span of `keep`. */
  evict(urgent: boolean, keep: Segment | undefined): Evicted | undefined {
    const lane = urgent ? this.urgent : this.normal;
    const segment = lane.head();
    if (segment === undefined || (segment === keep && segment.spans < 2)) return undefined;
    const bytes = segment.dropOldest();
    this.removed(bytes);
    if (segment.spans === 0) lane.remove(segment);
    return { bytes, epoch: segment.epoch };
  }

  /**
   * Cuts off the oldest spans.
   *
   * @param atLeastOne - whether to take the first span even if it exceeds `maxBytes`
   */
  cut(maxSpans: number, maxBytes: number, atLeastOne: boolean): Part | undefined {
    const lane = this.olderLane();
    const segment = lane?.head();
    if (lane === undefined || segment === undefined) return undefined;
    const part = segment.cut(maxSpans, maxBytes) ?? (atLeastOne ? segment.cut(1, Infinity) : undefined);
    if (part === undefined) return undefined;
    this.spans -= part.spans;
    this.bytes -= part.bytes;
    if (segment.spans === 0) lane.remove(segment);
    return part;
  }

  private olderLane(): Lane | undefined {
    const normal = this.normal.head();
    const urgent = this.urgent.head();
    if (normal === undefined) return urgent === undefined ? undefined : this.urgent;
    if (urgent === undefined) return this.normal;
    // Within an epoch, urgent spans leave first.
    return normal.epoch < urgent.epoch ? this.normal : this.urgent;
  }
}

/**
 * The most segments that are open for more spans, one per instrumentation scope; beyond it, the oldest is
 * closed.
 */
const MAX_OPEN_SEGMENTS = 64;

/** Segments in the order of their creation. */
class Lane {
  private segments: Segment[] = [];
  /**
   * The index of the first segment that is still here. Segments before it are removed together, since
   * single shifts would move all others.
   */
  private first = 0;
  /** The segments that still accept spans, one per scope. */
  private readonly opened = new Map<string, Segment>();
  private latest: Segment | undefined;

  head(): Segment | undefined {
    return this.segments[this.first];
  }

  remove(segment: Segment): void {
    if (this.segments[this.first] === segment) this.removeHead();
    else this.segments.splice(this.segments.lastIndexOf(segment), 1);
    const key = scopeKey(segment.scope);
    if (this.opened.get(key) === segment) this.opened.delete(key);
    if (this.latest === segment) this.latest = undefined;
  }

  begin(segment: Segment): void {
    this.segments.push(segment);
    const key = scopeKey(segment.scope);
    this.opened.delete(key);
    this.opened.set(key, segment);
    this.latest = segment;
    if (this.opened.size <= MAX_OPEN_SEGMENTS) return;
    const [oldest] = this.opened;
    if (oldest === undefined) return;
    oldest[1].seal();
    this.opened.delete(oldest[0]);
  }

  openSegment(scope: InstrumentationScope): Segment | undefined {
    let segment = this.latest;
    if (segment?.scope !== scope) segment = this.opened.get(scopeKey(scope));
    if (segment === undefined || segment.full) return undefined;
    this.latest = segment;
    return segment;
  }

  seal(): void {
    for (const segment of this.opened.values()) segment.seal();
    this.opened.clear();
    this.latest = undefined;
  }

  private removeHead(): void {
    this.first += 1;
    if (this.first < 32 || this.first * 2 < this.segments.length) return;
    this.segments = this.segments.slice(this.first);
    this.first = 0;
  }
}

const keys = new WeakMap<InstrumentationScope, string>();

function scopeKey(scope: InstrumentationScope): string {
  let key = keys.get(scope);
  if (key === undefined) {
    key = `${scope.name}\n${scope.version ?? ''}\n${scope.schemaUrl ?? ''}`;
    keys.set(scope, key);
  }
  return key;
}
