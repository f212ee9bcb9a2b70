import type { ReadableSpan } from '../sdk/readable-span.js';
import type { SinkStatus, SpanSink } from './span-sink.js';

/** Spans that wait for a sink which cannot be opened are dropped beyond this many. */
const MAX_WAITING = 65_536;

/** How a {@link DeferredSink} tells what became of spans that no sink took. */
export interface DeferredLosses {
  (reason: 'queue_full' | 'exporter_error', spans: number): void;
}

/**
 * Takes spans for a sink that is still being opened, so that a flow can begin before a connection or a package is there, then hands them
 * over in order.
 */
export class DeferredSink implements SpanSink {
  private waiting: ReadableSpan[] = [];
  private opened: SpanSink | undefined;
  private failed = false;

  constructor(
    private readonly exporter: string,
    private readonly opening: Promise<SpanSink>,
    private readonly onLost: DeferredLosses,
  ) {
    opening.then(
      (sink) => {
        this.opened = sink;
        const spans = this.take();
        for (const span of spans) sink.accept(span);
      },
      () => {
        this.failed = true;
        this.onLost('exporter_error', this.take().length);
      },
    );
  }

  /** Whether spans of its own are still counted here, and not by the sink behind it. */
  get pending(): boolean {
    return this.opened === undefined && !this.failed;
  }

  accept(span: ReadableSpan): void {
    if (this.opened !== undefined) this.opened.accept(span);
    else if (this.failed) this.onLost('exporter_error', 1);
    else if (this.waiting.length >= MAX_WAITING) this.onLost('queue_full', 1);
    else this.waiting.push(span);
  }

  async forceFlush(): Promise<void> {
    const sink = await this.sink();
    await sink?.forceFlush();
  }

  async shutdown(timeoutMillis: number): Promise<void> {
    const sink = await this.sink();
    await sink?.shutdown(timeoutMillis);
  }

  status(): SinkStatus {
    const { length } = this.waiting;
    return {
      exporter: this.exporter,
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

  /** The sink behind it, once opened; nothing if that failed. */
  private sink(): Promise<SpanSink | undefined> {
    return this.opening.catch(() => undefined);
  }

  private take(): ReadableSpan[] {
    const spans = this.waiting;
    this.waiting = [];
    return spans;
  }
}
