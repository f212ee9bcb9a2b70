import { ExportResultCode } from '../sdk/export-result.js';
import type { ReadableSpan } from '../sdk/readable-span.js';
import type { SpanExporter } from '../sdk/span-exporter.js';
import { ask } from '../base/user-function.js';
import type { ExporterStatus } from '../pipeline/span-sink.js';

/** A span and what happened in it, by names: made to be compared. */
export interface SpanNode {
  /** Name of the span. */
  readonly name: string;
  /** In the order in which they started. */
  readonly children: readonly SpanNode[];
}

interface Waiter {
  readonly predicate: (span: ReadableSpan) => boolean;
  readonly resolve: (span: ReadableSpan) => void;
  /** The predicate threw. */
  readonly reject: (error: unknown) => void;
}

/**
 * Keeps every span that ends, at once and without timers, exactly as an exporter would get it.
 *
 * Pass it as `exporter`, or let {@link TelemetryTestingModule} or {@link recordSpans} do it.
 */
export class SpanRecorder implements SpanExporter {
  private recorded: ReadableSpan[] = [];
  private readonly waiters = new Set<Waiter>();
  private ended = 0;

  /** The spans that have ended, in that order. */
  spans(): readonly ReadableSpan[] {
    return [...this.recorded];
  }

  /** The first ended span of that name. @throws Error that lists what was recorded */
  span(name: string): ReadableSpan {
    const found = this.recorded.find((span) => span.name === name);
    if (found === undefined) throw new Error(`No span \`${name}\` has ended. ${this.summary()}`);
    return found;
  }

  /**
   * Waits for a span that has ended or will.
   *
   * @param predicate - or the span's name
   * @param timeoutMillis - default 5,000
   * @returns the first span that matches
   * @throws Error that lists what was recorded, when the time is up
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
   * All spans by parenthood: roots, and spans whose parent was not recorded here, in the
   * order in which they started.
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

  /** Forgets what was recorded. */
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

  /** Records spans, as an exporter. */
  export(spans: ReadableSpan[], resultCallback: Parameters<SpanExporter['export']>[1]): void {
    for (const span of spans) this.acceptSpan(span);
    resultCallback({ code: ExportResultCode.SUCCESS });
  }

  /** Resolves at once: nothing waits. */
  forceFlush(): Promise<void> {
    return Promise.resolve();
  }

  /** Resolves at once; recorded spans stay readable after `app.close()`. */
  shutdown(): Promise<void> {
    return Promise.resolve();
  }

  /** Counts of the recorded spans. */
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
