import { ExportResultCode } from '../sdk/export-result.js';
import type { ReadableSpan } from '../sdk/readable-span.js';
import type { SpanExporter } from '../sdk/span-exporter.js';
import { ask } from '../base/user-function.js';
import type { ExporterStatus } from '../pipeline/span-sink.js';

/** A span with its descendants and key facts, as plain data for comparisons. */
export interface SpanNode {
  /** Name of the span. */
  readonly name: string;
  /** The child spans, in the order of their start. */
  readonly children: readonly SpanNode[];
}

interface Waiter {
  readonly predicate: (span: ReadableSpan) => boolean;
  readonly resolve: (span: ReadableSpan) => void;
  /** Rejects the waiting promise, after the predicate threw. */
  readonly reject: (error: unknown) => void;
}

/**
 * Records every ended span synchronously, without timers, in the form that an exporter receives.
 *
 * Pass it as `exporter`, or use {@link TelemetryTestingModule} or {@link recordSpans}.
 */
export class SpanRecorder implements SpanExporter {
  private recorded: ReadableSpan[] = [];
  private readonly waiters = new Set<Waiter>();
  private ended = 0;

  /** Returns the ended spans, in the order of their end. */
  spans(): readonly ReadableSpan[] {
    return [...this.recorded];
  }

  /** Returns the first ended span of that name. @throws Error with a list of the recorded spans */
  span(name: string): ReadableSpan {
    const found = this.recorded.find((span) => span.name === name);
    if (found === undefined) throw new Error(`No span \`${name}\` has ended. ${this.summary()}`);
    return found;
  }

  /**
   * Waits until a matching span has ended; also finds spans that have ended already.
   *
   * @param predicate - a test of a span, or a span's name
   * @param timeoutMillis - the longest wait, in milliseconds; default 5,000
   * @returns the first matching span
   * @throws Error with a list of the recorded spans, if the time is over
   */
  waitFor(
    predicate: string | ((span: ReadableSpan) => boolean),
    timeoutMillis = 5000,
  ): Promise<ReadableSpan> {
    const matches =
      typeof predicate === 'string' ? (span: ReadableSpan) => span.name === predicate : predicate;
    const found = this.recorded.find(matches);
    if (found !== undefined) return Promise.resolve(found);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.waiters.delete(waiter);
        const wanted = typeof predicate === 'string' ? `\`${predicate}\`` : 'that matches';
        reject(new Error(`No span ${wanted} ended within ${timeoutMillis} ms. ${this.summary()}`));
      }, timeoutMillis);
      const waiter: Waiter = {
        predicate: matches,
        resolve: (span) => {
          clearTimeout(timer);
          this.waiters.delete(waiter);
          resolve(span);
        },
        reject: (error) => {
          clearTimeout(timer);
          this.waiters.delete(waiter);
          reject(error instanceof Error ? error : new Error(String(error)));
        },
      };
      this.waiters.add(waiter);
    });
  }

  /**
   * Returns all spans as trees, in the order of their start. A span whose parent was not recorded is a
   * root.
   */
  tree(): readonly SpanNode[] {
    const byStart = [...this.recorded].sort(startedEarlier);
    const nodes = new Map(
      byStart.map((span) => [span.spanContext().spanId, { name: span.name, children: [] as SpanNode[] }]),
    );
    const roots: SpanNode[] = [];
    for (const span of byStart) {
      const node = nodes.get(span.spanContext().spanId);
      if (node === undefined) continue;
      const parent = span.parentSpanContext && nodes.get(span.parentSpanContext.spanId);
      (parent?.children ?? roots).push(node);
    }
    return roots;
  }

  /** Removes all recorded spans. */
  clear(): void {
    this.recorded = [];
  }

  /** Records a span. */
  acceptSpan(span: ReadableSpan): void {
    this.ended += 1;
    this.recorded.push(span);
    for (const waiter of [...this.waiters]) {
      ask(
        () => waiter.predicate(span),
        (matches) => {
          if (matches) waiter.resolve(span);
        },
        waiter.reject,
      );
    }
  }

  /** Records a batch of spans, as an exporter. */
  export(spans: ReadableSpan[], resultCallback: Parameters<SpanExporter['export']>[1]): void {
    for (const span of spans) this.acceptSpan(span);
    resultCallback({ code: ExportResultCode.SUCCESS });
  }

  /** Resolves at once, since nothing waits. */
  forceFlush(): Promise<void> {
    return Promise.resolve();
  }

  /** Resolves at once; recorded spans stay readable after `app.close()`. */
  shutdown(): Promise<void> {
    return Promise.resolve();
  }

  /** Returns the number of recorded spans in an exporter's status. */
  status(): ExporterStatus {
    return {
      exporter: 'recorder',
      ended: this.ended,
      delivered: this.ended,
      dropped: {},
      queuedSpans: 0,
      queuedBytes: 0,
      inFlightSpans: 0,
      retries: 0,
      breaker: 'closed',
    };
  }

  private summary(): string {
    const names = this.recorded.map((span) => `\`${span.name}\``);
    return names.length === 0 ? 'No span has ended at all.' : `Recorded: ${names.join(', ')}.`;
  }
}

function startedEarlier(a: ReadableSpan, b: ReadableSpan): number {
  return a.startTime[0] - b.startTime[0] || a.startTime[1] - b.startTime[1];
}
