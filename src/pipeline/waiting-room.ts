import type { ReadableSpan } from '../sdk/readable-span.js';
import type { BatchConfig } from '../config/tracer-config.js';
import { estimateSpanBytes } from './queue/span-size.js';
import type { DropReason, ExporterStatus, SpanSink } from './span-sink.js';

/** Receives the number of dropped spans, with the reason. */
export type DropListener = (reason: DropReason, spans: number) => void;

/**
 * Holds a pipeline's spans until they can be queued: during the look-up of their tenant, or while an
 * exporter is being opened.
 *
 *     span ──▶ WaitingSpans (tenant a) ──┐
 *     span ──▶ WaitingSpans (tenant b) ──┼── known, open ──▶ the exporter's queue
 *     span ──▶ WaitingSpans (exporter) ──┘
 *              └───── one WaitingRoom ─────┘
 *
 * The whole room is bounded like one queue, in spans and in bytes. When it is full, the largest list loses
 * its oldest span, so that a flood for one tenant does not affect the others.
 */
export class WaitingRoom {
  spans = 0;
  bytes = 0;
  /** The most bytes that wait. */
  maxBytes = 0;
  private maxSpans = 0;
  private readonly lists = new Set<WaitingSpans>();

  constructor(private readonly onDropped: DropListener) {}

  /** Sets the limits, which are those of the queues. */
  limit({ maxQueueSize, maxQueueBytes }: Required<BatchConfig>): void {
    this.maxSpans = maxQueueSize;
    this.maxBytes = maxQueueBytes;
  }

  /**
   * Creates a list of spans that wait for the same event. @param waitFor - the event's name in `status()`
   */
  waitFor(waitFor: string): WaitingSpans {
    return new WaitingSpans(this, waitFor);
  }

  /** Returns the waiting spans, summed by the event that they wait for. */
  status(): ExporterStatus[] {
    const sums = new Map<string, ExporterStatus>();
    for (const list of this.lists) {
      const { exporter, queuedSpans, queuedBytes } = list.status();
      const sum = sums.get(exporter);
      sums.set(
        exporter,
        waiting(exporter, queuedSpans + (sum?.queuedSpans ?? 0), queuedBytes + (sum?.queuedBytes ?? 0)),
      );
    }
    return [...sums.values()];
  }

  /** Adds a span to a list, or drops one. */
  take(list: WaitingSpans, span: ReadableSpan): void {
    const bytes = estimateSpanBytes(span);
    const { maxSpans, maxBytes } = this;
    while (this.spans >= maxSpans || this.bytes + bytes > maxBytes) {
      const reason = this.spans >= maxSpans ? 'queue_full' : 'queue_bytes';
      const heaviest = this.heaviest();
      if (heaviest === undefined || heaviest.bytes <= list.bytes + bytes) {
        this.onDropped(reason, 1);
        return;
      }
      this.left(heaviest.dropOldest(), heaviest, 1);
      this.onDropped(reason, 1);
    }
    list.push(span, bytes);
    this.lists.add(list);
    this.spans += 1;
    this.bytes += bytes;
  }

  /** Records that spans have left a list. */
  left(bytes: number, list: WaitingSpans, spans: number): void {
    this.spans -= spans;
    this.bytes -= bytes;
    if (list.size === 0) this.lists.delete(list);
  }

  private heaviest(): WaitingSpans | undefined {
    let most: WaitingSpans | undefined;
    for (const list of this.lists) {
      if (most === undefined || list.bytes > most.bytes) most = list;
    }
    return most;
  }
}

/** Spans of a {@link WaitingRoom} that wait for the same event, in the order of their end. */
export class WaitingSpans implements SpanSink {
  bytes = 0;
  private spans: ReadableSpan[] = [];
  private sizes: number[] = [];
  private handOver: ((span: ReadableSpan) => void) | undefined;

  constructor(
    private readonly room: WaitingRoom,
    private readonly waitFor: string,
  ) {}

  get size(): number {
    return this.spans.length;
  }

  acceptSpan(span: ReadableSpan): void {
    if (this.handOver !== undefined) this.handOver(span);
    else this.room.take(this, span);
  }

  /** Passes on all waiting spans, and from then on every span at once. */
  handOverTo(handOver: (span: ReadableSpan) => void): void {
    this.handOver = handOver;
    const { spans, bytes } = this;
    this.spans = [];
    this.sizes = [];
    this.bytes = 0;
    this.room.left(bytes, this, spans.length);
    for (const span of spans) handOver(span);
  }

  push(span: ReadableSpan, bytes: number): void {
    this.spans.push(span);
    this.sizes.push(bytes);
    this.bytes += bytes;
  }

  /** Drops the span that has waited longest. @returns the number of bytes that were freed */
  dropOldest(): number {
    this.spans.shift();
    const bytes = this.sizes.shift() ?? 0;
    this.bytes -= bytes;
    return bytes;
  }

  forceFlush(): Promise<void> {
    return Promise.resolve();
  }

  shutdown(): Promise<void> {
    return Promise.resolve();
  }

  status(): ExporterStatus {
    return waiting(this.waitFor, this.size, this.bytes);
  }
}

function waiting(exporter: string, spans: number, bytes: number): ExporterStatus {
  return {
    exporter,
    ended: spans,
    delivered: 0,
    dropped: {},
    queuedSpans: spans,
    queuedBytes: bytes,
    inFlightSpans: 0,
    retries: 0,
    breaker: 'closed',
  };
}
