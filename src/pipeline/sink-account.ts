import { settledWithinTime } from '../base/within-time.js';
import type { DropReason, ExportFailureStatus, ExporterStatus } from './span-sink.js';

/**
 * Counts the spans of a local sink, so that `ended = delivered + dropped + queued` holds at every moment.
 */
export class SinkAccount {
  private ended = 0;
  private delivered = 0;
  private droppedTotal = 0;
  private droppedAtClose = 0;
  private readonly dropped: Partial<Record<DropReason, number>> = {};
  private lastSuccessAt: Date | undefined;
  private lastError: ExportFailureStatus | undefined;
  private waiting: { readonly upTo: number; readonly resolve: () => void }[] = [];

  constructor(private readonly exporter: string) {}

  get queued(): number {
    return this.ended - this.delivered - this.droppedTotal;
  }

  /**
   * Counts a waiting span. It must be counted out once, by `countDelivered`, `countDropped` or
   * `countOutcome`.
   */
  countEnded(): void {
    this.ended++;
  }

  countDelivered(): void {
    if (this.wasDroppedAtClose()) return;
    this.delivered++;
    this.lastSuccessAt = new Date();
    this.wake();
  }

  countDropped(reason: DropReason, count = 1): void {
    this.dropped[reason] = (this.dropped[reason] ?? 0) + count;
    this.droppedTotal += count;
    this.wake();
  }

  /** Counts a span as delivered, or as dropped because of the error. */
  countOutcome(error?: Error): void {
    if (error === undefined) {
      this.countDelivered();
      return;
    }
    if (this.wasDroppedAtClose()) return;
    const code = (error as NodeJS.ErrnoException).code ?? error.name;
    this.lastError = { at: new Date(), code, reason: error.message };
    this.countDropped('exporter_error');
  }

  /** Resolves when all spans accepted before the call have an outcome. */
  settled(): Promise<void> {
    const upTo = this.ended;
    if (this.queued === 0) return Promise.resolve();
    return new Promise((resolve) => this.waiting.push({ upTo, resolve }));
  }

  /**
   * Waits like {@link SinkAccount.settled}; spans that are left after the time are dropped as `shutdown`.
   */
  async close(timeoutMillis: number): Promise<void> {
    if (this.queued === 0) return;
    await settledWithinTime(this.settled(), timeoutMillis, false);
    this.dropRest();
  }

  private dropRest(): void {
    const left = this.queued;
    this.droppedAtClose += left;
    if (left > 0) this.countDropped('shutdown', left);
  }

  status(): ExporterStatus {
    return {
      exporter: this.exporter,
      ended: this.ended,
      delivered: this.delivered,
      dropped: { ...this.dropped },
      queuedSpans: this.queued,
      queuedBytes: 0,
      inFlightSpans: 0,
      retries: 0,
      breaker: 'closed',
      ...(this.lastSuccessAt === undefined ? {} : { lastSuccessAt: this.lastSuccessAt }),
      ...(this.lastError === undefined ? {} : { lastError: this.lastError }),
    };
  }

  /** Whether this outcome belongs to a span that was already counted as dropped. */
  private wasDroppedAtClose(): boolean {
    if (this.droppedAtClose === 0) return false;
    this.droppedAtClose--;
    return true;
  }

  private wake(): void {
    if (this.waiting.length === 0) return;
    const settled = this.delivered + this.droppedTotal;
    const ready = this.waiting.filter(({ upTo }) => upTo <= settled);
    this.waiting = this.waiting.filter(({ upTo }) => upTo > settled);
    for (const { resolve } of ready) resolve();
  }
}
