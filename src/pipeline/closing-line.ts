import { withinTime } from '../base/within-time.js';
import type { ExporterStatus, SpanSink } from './span-sink.js';

/** The most sinks that deliver their last spans at the same time, each over its own connection. */
const MAX_CLOSING = 64;
/**
 * The most sinks that close at the same time, including sinks that were already sending when they were
 * released.
 */
const MAX_SENDING = 128;
/** The most sinks that wait for their turn, without a connection. */
const MAX_WAITING = 1_000;

/** A sink that is delivering its last spans. */
interface Closing {
  readonly sink: SpanSink;
  dropped: boolean;
}

/** A sink that waits for its turn. */
interface Turn {
  readonly bytes: number;
  readonly begin: () => void;
}

/**
 * Closes sinks, a limited number at a time. Many tenants may be evicted at once, while their receivers do
 * not answer.
 *
 *     sink ──▶ line, held ──▶ closing ──▶ closed
 *              at most 1,000  at most 64
 *
 * If the line is full, a new sink replaces the one that has been closing for longest; the spans of that one
 * count as dropped.
 */
export class ClosingLine {
  private readonly closing = new Set<Closing>();
  private readonly line = new Map<SpanSink, Turn>();
  private lineBytes = 0;
  private limited = true;

  /** @param maxBytes - returns the most bytes of spans in the line */
  constructor(private readonly maxBytes: () => number) {}

  /**
   * Resolves when the sink's spans are delivered or dropped and its connections are closed. Never rejects.
   */
  async close(sink: SpanSink, timeoutMillis: number): Promise<void> {
    const { queuedSpans, queuedBytes } = sink.status();
    if (queuedSpans === 0 || !this.limited) return sink.shutdown(timeoutMillis);
    if (this.closing.size >= MAX_CLOSING && sink.hold?.() === true) {
      await this.turn(sink, queuedBytes);
    } else if (this.closing.size >= MAX_SENDING) {
      this.dropOldest();
    }
    const closing: Closing = { sink, dropped: false };
    this.closing.add(closing);
    await sink.shutdown(timeoutMillis);
    this.closing.delete(closing);
    this.next();
  }

  /** Whether a sink waits for its turn. */
  holds(sink: SpanSink): boolean {
    return this.line.has(sink);
  }

  /**
   * Closes all further sinks at once, without waiting for a turn. After the time is over, the spans of all
   * sinks in the line are dropped.
   *
   * @param settled - ends this mode when it settles
   */
  async hurry(timeoutMillis: number, settled: Promise<void>): Promise<void> {
    this.limited = false;
    await withinTime(settled, Math.max(0, timeoutMillis), true).catch(() => {
      for (const closing of this.closing) this.dropRestOf(closing);
      for (const sink of this.line.keys()) this.skip(sink);
    });
    await settled;
    this.limited = true;
  }

  /** Returns the sum of the spans in the line. */
  status(): ExporterStatus | undefined {
    if (this.line.size === 0) return undefined;
    const all = [...this.line.keys()].map((sink) => sink.status());
    const sum = (of: (status: ExporterStatus) => number): number =>
      all.reduce((total, status) => total + of(status), 0);
    const dropped: ExporterStatus['dropped'] & Record<string, number> = {};
    for (const status of all) {
      for (const [reason, spans] of Object.entries(status.dropped))
        dropped[reason] = (dropped[reason] ?? 0) + spans;
    }
    return {
      exporter: 'evicted tenants',
      ended: sum(({ ended }) => ended),
      delivered: sum(({ delivered }) => delivered),
      dropped,
      queuedSpans: sum(({ queuedSpans }) => queuedSpans),
      queuedBytes: sum(({ queuedBytes }) => queuedBytes),
      inFlightSpans: 0,
      retries: sum(({ retries }) => retries),
      breaker: 'closed',
    };
  }

  private turn(sink: SpanSink, bytes: number): Promise<void> {
    const turn = new Promise<void>((begin) => this.line.set(sink, { bytes, begin }));
    this.lineBytes += bytes;
    if (this.line.size > MAX_WAITING || this.lineBytes > this.maxBytes()) this.dropOldest();
    return turn;
  }

  private next(): void {
    const [sink] = this.line.keys();
    if (sink !== undefined && this.closing.size < MAX_CLOSING) this.begin(sink);
  }

  private begin(sink: SpanSink): void {
    const turn = this.line.get(sink);
    this.line.delete(sink);
    this.lineBytes -= turn?.bytes ?? 0;
    turn?.begin();
  }

  private dropOldest(): void {
    for (const closing of this.closing) {
      if (closing.dropped) continue;
      this.dropRestOf(closing);
      return;
    }
    const [sink] = this.line.keys();
    if (sink !== undefined) this.skip(sink);
  }

  private dropRestOf(closing: Closing): void {
    closing.dropped = true;
    closing.sink.dropRest?.();
  }

  /** Drops the spans of a sink in the line, so that it closes quickly. */
  private skip(sink: SpanSink): void {
    sink.dropRest?.();
    this.begin(sink);
  }
}
