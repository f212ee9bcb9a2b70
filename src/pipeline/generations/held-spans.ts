import type { ReadableSpan } from '../../sdk/readable-span.js';
import type { SinkStatus, SpanSink } from '../span-sink.js';

const MAX_HELD = 4096;

/** Keeps ended spans until it is known where they belong, a bounded number of them. */
export class HeldSpans implements SpanSink {
  private held: ReadableSpan[] = [];
  private handOver: ((span: ReadableSpan) => void) | undefined;

  /** @param onOverflow - called for each span that finds no room */
  constructor(private readonly onOverflow: () => void) {}

  get size(): number {
    return this.held.length;
  }

  accept(span: ReadableSpan): void {
    if (this.handOver !== undefined) this.handOver(span);
    else if (this.held.length < MAX_HELD) this.held.push(span);
    else this.onOverflow();
  }

  /** Hands over what is held, and from now on every span at once. */
  release(handOver: (span: ReadableSpan) => void): void {
    this.handOver = handOver;
    const spans = this.held;
    this.held = [];
    for (const span of spans) handOver(span);
  }

  forceFlush(): Promise<void> {
    return Promise.resolve();
  }

  shutdown(): Promise<void> {
    return Promise.resolve();
  }

  status(): SinkStatus {
    const { length } = this.held;
    return {
      exporter: 'held',
      ended: length,
      delivered: 0,
      dropped: {},
      queuedSpans: length,
      queuedBytes: 0,
      inFlightSpans: 0,
      retries: 0,
      breaker: 'closed',
    };
  }
}
