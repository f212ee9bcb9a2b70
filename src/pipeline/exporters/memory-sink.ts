import type { ReadableSpan } from '../../sdk/readable-span.js';
import type { ExporterStatus, SpanSink } from '../span-sink.js';
import { SinkAccount } from '../sink-account.js';

const DEFAULT_MAX_SPANS = 10_000;

/**
 * Keeps the newest spans in memory, in the order of their end.
 *
 * Spans stay readable after `shutdown`; later ones count as dropped with reason `shutdown`.
 */
export class MemorySink implements SpanSink {
  private readonly account = new SinkAccount('memory');
  private kept: ReadableSpan[] = [];
  private closed = false;

  /** @param maxSpans - the number of spans to keep; default 10,000 */
  constructor(private readonly maxSpans: number = DEFAULT_MAX_SPANS) {}

  acceptSpan(span: ReadableSpan): void {
    this.account.countEnded();
    if (this.closed) {
      this.account.countDropped('shutdown');
      return;
    }
    this.kept.push(span);
    // The list is cut only after `maxSpans` further spans, so that the cost per span is constant.
    if (this.kept.length >= 2 * this.maxSpans) this.kept = this.newest();
    this.account.countDelivered();
  }

  /** Returns a copy of the newest spans, oldest first, at most `maxSpans`. */
  spans(): ReadableSpan[] {
    return this.newest();
  }

  /** Removes all spans; the counts of {@link MemorySink.status} continue. */
  clear(): void {
    this.kept = [];
  }

  forceFlush(): Promise<void> {
    return Promise.resolve();
  }

  shutdown(_timeoutMillis?: number): Promise<void> {
    this.closed = true;
    return Promise.resolve();
  }

  status(): ExporterStatus {
    return this.account.status();
  }

  private newest(): ReadableSpan[] {
    return this.kept.slice(Math.max(0, this.kept.length - this.maxSpans));
  }
}

/** Returns the spans of the memory exporters among `sinks`, oldest first. */
export function finishedSpans(sinks: Iterable<unknown>): ReadableSpan[] {
  return [...sinks].flatMap((sink) => (sink instanceof MemorySink ? sink.spans() : []));
}
