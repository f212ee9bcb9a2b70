/*
 * Where a span is between its end and its delivery. One `BatchQueue` stands before each exporter:
 *
 *   acceptSpan(span) ──▶ dropped at once: after `shutdown`, or while a receiver refuses every request and a
 *      │                 batch waits already
 *      │ offer() ──────▶ dropped: the queue is full, the span is too large or cannot be encoded
 *      ▼
 *   Backlog ─┬─ ResourceBacklog (resource A) ─┬─ urgent Lane: Segment (scope x), Segment (scope y), …
 *            │                                └─ normal Lane: Segment (scope x), …
 *            └─ ResourceBacklog (resource B) ─── …
 *      │
 *      │ take(): each resource in turn, its oldest spans, cut into Parts
 *      ▼
 *   Batch ──▶ in flight ──▶ delivered; spans that the receiver rejected: dropped
 *      ▲          │
 *      │          ├──▶ refused, retried too long, shutdown ──▶ dropped, with its reason
 *      └──────────┴──▶ RetryList (failed for now, or halved because it was too large)
 *
 * `CircuitBreaker` decides whether a batch may leave; `circuit-breaker.ts` draws its states.
 *
 * `heldSpans` counts the accepted spans that are neither delivered nor dropped: waiting, in flight, to be
 * retried. `spans` counts only those that wait. The limits apply to `heldSpans` and `heldBytes`.
 *
 * Invariant: `ended = delivered + dropped + queued`, where `queued` is `heldSpans`; `Ledger` counts the
 * others. No resource displaces another: when the queue is full, the one with the most spans loses one.
 */
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import type { InstrumentationScope } from '../../sdk/instrumentation-scope.js';
import type { Resource } from '../../sdk/resource.js';
import type { ReadableSpan } from '../../sdk/readable-span.js';
import type { Part, Segment, SegmentFactory } from './segment.js';
import type { DropReason } from '../span-sink.js';
import { ResourceBacklog, type Evicted } from './resource-backlog.js';

/** The queue's limits; see `BatchConfig`. */
export interface BacklogLimits {
  readonly maxSpans: number;
  readonly maxBytes: number;
  /** The most bytes of one span; a larger one could never be sent. */
  readonly maxSpanBytes: number;
  /** The span that is dropped when the queue is full: the newest or the oldest. */
  readonly dropPolicy: 'newest' | 'oldest';
}

/** The most spans that are dropped from the heaviest resource before the search starts again. */
const DROPS_PER_SEARCH = 64;
/** The number of resources up to which each may allocate a large buffer at once. */
const FEW_RESOURCES = 8;

/**
 * Holds waiting spans, limited in number and bytes. Each resource has its own list, so that no resource can
 * displace another's spans.
 *
 * When the queue is full, the resource with the most waiting spans loses one. If the new span belongs to
 * that resource, the drop policy decides; else the resource loses its oldest span. Errors and server spans
 * are dropped last.
 */
export class Backlog {
  /** The spans that wait or are being sent; the limits apply to them. */
  heldSpans = 0;
  heldBytes = 0;
  /** The spans that wait and are not part of a batch yet. */
  spans = 0;
  bytes = 0;
  private readonly shares = new Map<Resource, ResourceBacklog>();
  private epoch = 0;
  private latest: ResourceBacklog | undefined;
  private heaviest: ResourceBacklog | undefined;
  private dropsUntilSearch = 0;

  constructor(
    private readonly limits: BacklogLimits,
    private readonly newSegment: SegmentFactory,
    private readonly onEvicted: (reason: DropReason, epoch: number) => void,
  ) {}

  /** Accepts a span, or returns the reason for dropping it. */
  offer(span: ReadableSpan): DropReason | undefined {
    const { limits } = this;
    const share = this.shareOf(span.resource);
    const urgent = isUrgent(span);
    if (this.heldSpans >= limits.maxSpans && !this.makeRoom(share, urgent, 'queue_full')) {
      if (share.spans === 0) this.removeShare(share);
      return 'queue_full';
    }
    const segment = this.segmentFor(share, urgent, span.instrumentationScope);
    let bytes: number;
    try {
      bytes = segment.append(span);
    } catch {
      this.removeEmpty(share, segment, urgent);
      return 'unencodable';
    }
    share.added(bytes);
    this.spans++;
    this.bytes += bytes;
    this.heldSpans++;
    this.heldBytes += bytes;
    if (this.heldBytes > limits.maxBytes || bytes > limits.maxSpanBytes) {
      const reason = this.fit(share, segment, urgent, bytes);
      if (reason !== undefined) return reason;
    }
    if (this.heaviest === undefined || share.weight > this.heaviest.weight) this.heaviest = share;
    return undefined;
  }

  /**
   * Takes the oldest spans of each resource in turn.
   *
   * @param envelopeBytes - returns the bytes that a resource adds to a request
   * @returns at least one span, unless none waits
   */
  take(maxSpans: number, maxBytes: number, envelopeBytes: (resource: Resource) => number): Part[] {
    const parts: Part[] = [];
    let spans = 0;
    let bytes = 0;
    const turn = this.shares.size === 1 ? maxSpans : Math.max(1, maxSpans >>> 3);
    for (const [resource, share] of this.shares) {
      const wanted = Math.min(turn, maxSpans - spans);
      let taken = 0;
      let fits = true;
      bytes += envelopeBytes(resource);
      while (fits && taken < wanted && share.spans > 0) {
        const part = share.cut(wanted - taken, maxBytes - bytes, spans + taken === 0);
        fits = part !== undefined;
        if (part === undefined) break;
        parts.push(part);
        taken += part.spans;
        bytes += part.bytes;
        this.bytes -= part.bytes;
      }
      spans += taken;
      this.spans -= taken;
      this.removeShare(share);
      if (share.spans > 0) this.shares.set(resource, share);
      if (!fits || spans >= maxSpans || bytes >= maxBytes) break;
    }
    return parts;
  }

  /** Releases the space of a finished batch. */
  releaseSpans(spans: number, bytes: number): void {
    this.heldSpans -= spans;
    this.heldBytes -= bytes;
  }

  /** Assigns spans from now on to a later `forceFlush`. @returns the epoch of the earlier spans */
  seal(): number {
    for (const share of this.shares.values()) share.seal();
    return this.epoch++;
  }

  /** Removes all waiting spans; the caller counts them. */
  removeAll(): void {
    this.releaseSpans(this.spans, this.bytes);
    this.spans = 0;
    this.bytes = 0;
    this.shares.clear();
    this.latest = undefined;
    this.heaviest = undefined;
  }

  private shareOf(resource: Resource): ResourceBacklog {
    if (this.latest?.resource === resource) return this.latest;
    let share = this.shares.get(resource);
    if (share === undefined) {
      share = new ResourceBacklog(resource, this.limits.maxBytes / this.limits.maxSpans);
      this.shares.set(resource, share);
    }
    this.latest = share;
    return share;
  }

  private removeShare(share: ResourceBacklog): void {
    this.shares.delete(share.resource);
    if (this.latest === share) this.latest = undefined;
    if (this.heaviest === share) this.heaviest = undefined;
  }

  private segmentFor(share: ResourceBacklog, urgent: boolean, scope: InstrumentationScope): Segment {
    return (
      share.openSegment(urgent, scope) ??
      share.begin(
        urgent,
        this.newSegment(
          { resource: share.resource, scope, epoch: this.epoch },
          this.shares.size <= FEW_RESOURCES,
        ),
      )
    );
  }

  /** Drops spans until the bytes are below the limit after a span was added, or removes that span again. */
  private fit(
    share: ResourceBacklog,
    segment: Segment,
    urgent: boolean,
    bytes: number,
  ): DropReason | undefined {
    let reason: DropReason | undefined = bytes > this.limits.maxSpanBytes ? 'too_large' : undefined;
    while (reason === undefined && this.heldBytes > this.limits.maxBytes) {
      // The new span is the last of its own list: if nothing else is left there, it would evict itself.
      if (!this.makeRoom(share, urgent, 'queue_bytes', segment)) reason = 'queue_bytes';
    }
    if (reason === undefined) return undefined;
    segment.undo(bytes);
    share.removed(bytes);
    this.spans--;
    this.bytes -= bytes;
    this.releaseSpans(1, bytes);
    this.removeEmpty(share, segment, urgent);
    return reason;
  }

  private removeEmpty(share: ResourceBacklog, segment: Segment, urgent: boolean): void {
    if (segment.spans === 0) share.removeSegment(urgent, segment);
    if (share.spans === 0) this.removeShare(share);
  }

  /** Evicts one span. The last span of `newest` is the new one, which stays. */
  private makeRoom(share: ResourceBacklog, urgent: boolean, reason: DropReason, newest?: Segment): boolean {
    const heavy = this.findHeaviest();
    const own = heavy === undefined || heavy.weight <= share.weight;
    const victim = own ? share : heavy;
    let evicted: Evicted | undefined;
    if (!own || urgent || this.limits.dropPolicy === 'oldest') evicted = victim.evict(false, newest);
    if (!own || (urgent && this.limits.dropPolicy === 'oldest')) evicted ??= victim.evict(true, newest);
    if (evicted === undefined) return false;
    this.spans--;
    this.bytes -= evicted.bytes;
    this.releaseSpans(1, evicted.bytes);
    if (victim.spans === 0 && victim !== share) this.removeShare(victim);
    this.onEvicted(reason, evicted.epoch);
    return true;
  }

  private findHeaviest(): ResourceBacklog | undefined {
    const { heaviest, limits } = this;
    const total = Math.max(this.bytes, (this.spans * limits.maxBytes) / limits.maxSpans);
    // The heaviest resource has at least the average weight. A lighter one was emptied in the meantime.
    if (heaviest !== undefined && heaviest.weight * this.shares.size >= total) return heaviest;
    if (this.dropsUntilSearch-- > 0) return heaviest;
    this.dropsUntilSearch = DROPS_PER_SEARCH;
    let most: ResourceBacklog | undefined;
    for (const share of this.shares.values()) {
      if (most === undefined || share.weight > most.weight) most = share;
    }
    this.heaviest = most;
    return most;
  }
}

function isUrgent(span: ReadableSpan): boolean {
  return span.kind === SpanKind.SERVER || span.status.code === SpanStatusCode.ERROR;
}
