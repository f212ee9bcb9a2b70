import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import type { InstrumentationScope } from '../../sdk/instrumentation-scope.js';
import type { Resource } from '../../sdk/resource.js';
import type { ReadableSpan } from '../../sdk/readable-span.js';
import type { Part, Segment, SegmentFactory } from './segment.js';
import type { DropReason } from '../span-sink.js';
import { TenantBacklog, type Evicted } from './tenant-backlog.js';

/** The queue's limits; see `BatchConfig`. */
export interface BacklogLimits {
  readonly maxSpans: number;
  readonly maxBytes: number;
  /** A span above it could never be sent. */
  readonly maxSpanBytes: number;
  /** Which span goes when the queue is full: the one that comes, or the oldest. */
  readonly dropPolicy: 'newest' | 'oldest';
}

/** After a search for the heaviest tenant, so many spans are dropped before the next one. */
const DROPS_PER_SEARCH = 64;
/** Up to so many, each may take a large buffer at once. */
const FEW_TENANTS = 8;

/**
 * Spans that wait, bounded in number and bytes, kept apart by resource so that no
 * tenant can push out another's.
 *
 * When it is full, the tenant with the most waiting spans gives: if that is the newcomer's own tenant, the
 * drop policy decides, else the heaviest tenant loses its oldest span. Errors and server spans go last.
 */
export class Backlog {
  /** Waiting and in flight; what the limits apply to. */
  heldSpans = 0;
  heldBytes = 0;
  /** Waiting, not yet in a batch. */
  spans = 0;
  bytes = 0;
  private readonly tenants = new Map<Resource, TenantBacklog>();
  private epoch = 0;
  private latest: TenantBacklog | undefined;
  private heaviest: TenantBacklog | undefined;
  private dropsUntilSearch = 0;

  constructor(
    private readonly limits: BacklogLimits,
    private readonly newSegment: SegmentFactory,
    private readonly onEvicted: (reason: DropReason, epoch: number) => void,
  ) {}

  /** Takes a span; gives the reason if it cannot. */
  offer(span: ReadableSpan): DropReason | undefined {
    const { limits } = this;
    const tenant = this.tenantOf(span.resource);
    const urgent = isUrgent(span);
    if (this.heldSpans >= limits.maxSpans && !this.makeRoom(tenant, urgent, 'queue_full')) {
      if (tenant.spans === 0) this.forget(tenant);
      return 'queue_full';
    }
    const segment = this.segmentFor(tenant, urgent, span.instrumentationScope);
    let bytes: number;
    try {
      bytes = segment.append(span);
    } catch {
      this.discardEmpty(tenant, segment, urgent);
      return 'unencodable';
    }
    tenant.added(bytes);
    this.spans++;
    this.bytes += bytes;
    this.heldSpans++;
    this.heldBytes += bytes;
    if (this.heldBytes > limits.maxBytes || bytes > limits.maxSpanBytes) {
      const reason = this.fit(tenant, segment, urgent, bytes);
      if (reason !== undefined) return reason;
    }
    if (this.heaviest === undefined || tenant.weight > this.heaviest.weight) this.heaviest = tenant;
    return undefined;
  }

  /**
   * Takes the oldest spans of each tenant in turn.
   *
   * @param envelopeBytes - what a resource adds to a request
   * @returns at least one span unless nothing waits
   */
  take(maxSpans: number, maxBytes: number, envelopeBytes: (resource: Resource) => number): Part[] {
    const parts: Part[] = [];
    let spans = 0;
    let bytes = 0;
    const turn = this.tenants.size === 1 ? maxSpans : Math.max(1, maxSpans >>> 3);
    for (const [resource, tenant] of this.tenants) {
      const wanted = Math.min(turn, maxSpans - spans);
      let taken = 0;
      let fits = true;
      bytes += envelopeBytes(resource);
      while (fits && taken < wanted && tenant.spans > 0) {
        const part = tenant.cut(wanted - taken, maxBytes - bytes, spans + taken === 0);
        fits = part !== undefined;
        if (part === undefined) break;
        parts.push(part);
        taken += part.spans;
        bytes += part.bytes;
        this.bytes -= part.bytes;
      }
      spans += taken;
      this.spans -= taken;
      this.forget(tenant);
      if (tenant.spans > 0) this.tenants.set(resource, tenant);
      if (!fits || spans >= maxSpans || bytes >= maxBytes) break;
    }
    return parts;
  }

  /** Frees what a finished batch held. */
  release(spans: number, bytes: number): void {
    this.heldSpans -= spans;
    this.heldBytes -= bytes;
  }

  /** Spans that come from now on belong to a later `forceFlush`. @returns the epoch of those before */
  seal(): number {
    for (const tenant of this.tenants.values()) tenant.seal();
    return this.epoch++;
  }

  /** Forgets everything that waits; the caller counts it. */
  clear(): void {
    this.release(this.spans, this.bytes);
    this.spans = 0;
    this.bytes = 0;
    this.tenants.clear();
    this.latest = undefined;
    this.heaviest = undefined;
  }

  private tenantOf(resource: Resource): TenantBacklog {
    if (this.latest?.resource === resource) return this.latest;
    let tenant = this.tenants.get(resource);
    if (tenant === undefined) {
      tenant = new TenantBacklog(resource, this.limits.maxBytes / this.limits.maxSpans);
      this.tenants.set(resource, tenant);
    }
    this.latest = tenant;
    return tenant;
  }

  private forget(tenant: TenantBacklog): void {
    this.tenants.delete(tenant.resource);
    if (this.latest === tenant) this.latest = undefined;
    if (this.heaviest === tenant) this.heaviest = undefined;
  }

  private segmentFor(tenant: TenantBacklog, urgent: boolean, scope: InstrumentationScope): Segment {
    return (
      tenant.open(urgent, scope) ??
      tenant.begin(
        urgent,
        this.newSegment(
          { resource: tenant.resource, scope, epoch: this.epoch },
          this.tenants.size <= FEW_TENANTS,
        ),
      )
    );
  }

  /** Brings the bytes under the limit after a span was added, or takes the span back. */
  private fit(
    tenant: TenantBacklog,
    segment: Segment,
    urgent: boolean,
    bytes: number,
  ): DropReason | undefined {
    let reason: DropReason | undefined = bytes > this.limits.maxSpanBytes ? 'too_large' : undefined;
    while (reason === undefined && this.heldBytes > this.limits.maxBytes) {
      // The newcomer stands last in its own queue: with nothing else left there, it would evict itself.
      if (!this.makeRoom(tenant, urgent, 'queue_bytes', segment)) reason = 'queue_bytes';
    }
    if (reason === undefined) return undefined;
    segment.undo(bytes);
    tenant.removed(bytes);
    this.spans--;
    this.bytes -= bytes;
    this.release(1, bytes);
    this.discardEmpty(tenant, segment, urgent);
    return reason;
  }

  private discardEmpty(tenant: TenantBacklog, segment: Segment, urgent: boolean): void {
    if (segment.spans === 0) tenant.discard(urgent, segment);
    if (tenant.spans === 0) this.forget(tenant);
  }

  /** Evicts one span; `newest` is the segment whose last span is the newcomer, which stays. */
  private makeRoom(tenant: TenantBacklog, urgent: boolean, reason: DropReason, newest?: Segment): boolean {
    const heavy = this.findHeaviest();
    const own = heavy === undefined || heavy.weight <= tenant.weight;
    const victim = own ? tenant : heavy;
    let evicted: Evicted | undefined;
    if (!own || urgent || this.limits.dropPolicy === 'oldest') evicted = victim.evict(false, newest);
    if (!own || (urgent && this.limits.dropPolicy === 'oldest')) evicted ??= victim.evict(true, newest);
    if (evicted === undefined) return false;
    this.spans--;
    this.bytes -= evicted.bytes;
    this.release(1, evicted.bytes);
    if (victim.spans === 0 && victim !== tenant) this.forget(victim);
    this.onEvicted(reason, evicted.epoch);
    return true;
  }

  private findHeaviest(): TenantBacklog | undefined {
    const { heaviest, limits } = this;
    const total = Math.max(this.bytes, (this.spans * limits.maxBytes) / limits.maxSpans);
    // The heaviest weighs at least the average: one that does not has been emptied since.
    if (heaviest !== undefined && heaviest.weight * this.tenants.size >= total) return heaviest;
    if (this.dropsUntilSearch-- > 0) return heaviest;
    this.dropsUntilSearch = DROPS_PER_SEARCH;
    let most: TenantBacklog | undefined;
    for (const tenant of this.tenants.values()) {
      if (most === undefined || tenant.weight > most.weight) most = tenant;
    }
    this.heaviest = most;
    return most;
  }
}

function isUrgent(span: ReadableSpan): boolean {
  return span.kind === SpanKind.SERVER || span.status.code === SpanStatusCode.ERROR;
}
