import type { ReadableSpan } from '../../sdk/readable-span.js';
import { Backlog } from './backlog.js';
import { Batch } from './batch.js';
import type { BatchQueueOptions } from './batch-queue-options.js';
import { resolveBatchLimits, type BatchLimits } from './batch-limits.js';
import { CircuitBreaker } from './circuit-breaker.js';
import { DeliveryLog } from './delivery-log.js';
import type { Delivery, ExportListener } from './delivery.js';
import { runAsExport } from '../../context/export-context.js';
import type { ExportOutcome } from '../../otlp/export-outcome.js';
import type { ExportFailure } from '../../otlp/failures/export-failure.js';
import { classifyExporterError } from '../../otlp/failures/exporter-failure.js';
import { FlushWaiters } from './flush-waiters.js';
import { Ledger } from './ledger.js';
import { RetryList } from './retry-list.js';
import type { DropReason, ExporterStatus, SpanSink } from '../span-sink.js';

/** The smallest batch, in bytes. A receiver's limit may be lower than ours, but not absurdly low. */
const MIN_BATCH_BYTES = 16 * 1_024;
/** The time for an exporter's shutdown if a flush has used up the deadline, in milliseconds. */
const MIN_CLOSE_MILLIS = 100;

/**
 * Collects ended spans, sends them to one exporter in batches, retries, and counts every outcome. At every
 * moment `ended = delivered + dropped + queued`. `backlog.ts` has the drawing.
 */
export class BatchQueue implements SpanSink {
  private readonly limits: BatchLimits;
  private readonly backlog: Backlog;
  private readonly ledger = new Ledger();
  private readonly log: DeliveryLog;
  private readonly breaker = new CircuitBreaker(() => this.schedule());
  private readonly waiters = new FlushWaiters();
  private readonly retries = new RetryList();
  private readonly inFlight = new Set<Batch>();
  private readonly concurrency: number;
  private readonly onExport: ExportListener | undefined;
  private batchBytes: number;
  /** The number of waiting spans that must be sent even in a partial batch. */
  private due = 0;
  private scheduled = false;
  private lastSuccessAt = -Infinity;
  private timer: NodeJS.Timeout | undefined;
  private closing: Promise<void> | undefined;
  private impatient = false;
  private dropsRest = false;
  private held = false;

  constructor(
    private readonly delivery: Delivery,
    { batch, log, instance, onExport }: BatchQueueOptions,
  ) {
    this.onExport = onExport;
    this.limits = resolveBatchLimits(batch);
    this.batchBytes = this.limits.maxExportBatchBytes;
    this.concurrency = Math.min(this.limits.maxConcurrentExports, delivery.maxConcurrency);
    const { target } = delivery;
    this.log = new DeliveryLog(
      log,
      `${instance}: ${delivery.name}${target === undefined ? '' : ` to ${target}`}`,
    );
    this.backlog = new Backlog(this.limits.backlog, delivery.newSegment, (reason, epoch) => {
      this.drop(reason, 1);
      this.waiters.settled(epoch, 1);
    });
  }

  acceptSpan(span: ReadableSpan): void {
    this.ledger.ended++;
    const { backlog, limits } = this;
    if (this.closing !== undefined) {
      this.ledger.drop('shutdown', 1);
      return;
    }
    if (this.breaker.permanent && backlog.heldSpans >= limits.maxExportBatchSize) {
      // At most one batch is kept, for the next probe.
      this.drop('permanent_error', 1);
      return;
    }
    let reason: DropReason | undefined;
    try {
      reason = backlog.offer(span);
    } catch {
      reason = 'unencodable';
    }
    if (reason !== undefined) this.drop(reason, 1);
    else if (backlog.spans >= limits.maxExportBatchSize || backlog.bytes >= this.batchBytes) this.schedule();
    else if (this.timer === undefined) this.arm();
  }

  async forceFlush(): Promise<void> {
    const begun = performance.now();
    const limit = this.limits.exportTimeoutMillis;
    await this.drain(limit);
    await this.delivery.forceFlush(Math.max(0, limit - (performance.now() - begun)));
  }

  shutdown(timeoutMillis: number): Promise<void> {
    this.closing ??= this.close(timeoutMillis);
    return this.closing;
  }

  hold(): boolean {
    return (this.held = this.inFlight.size === 0);
  }

  dropRest(): void {
    this.dropsRest = true;
    if (this.closing !== undefined) this.dropAll();
  }

  status(): ExporterStatus {
    const { ledger, backlog, delivery } = this;
    const inFlight = [...this.inFlight].filter((batch) => !batch.settled);
    return {
      exporter: delivery.name,
      ...(delivery.target !== undefined && { target: delivery.target }),
      ended: ledger.ended,
      delivered: ledger.delivered,
      dropped: ledger.dropped,
      queuedSpans: backlog.heldSpans,
      queuedBytes: backlog.heldBytes,
      inFlightSpans: inFlight.reduce((sum, batch) => sum + batch.spans, 0),
      retries: ledger.retries,
      breaker: this.breaker.state,
      ...(ledger.lastSuccessAt !== undefined && { lastSuccessAt: ledger.lastSuccessAt }),
      ...(ledger.lastError !== undefined && { lastError: ledger.lastError }),
    };
  }

  private async drain(limitMillis: number): Promise<void> {
    const { backlog } = this;
    const epoch = backlog.seal();
    this.due = backlog.spans;
    this.breaker.nudge();
    this.schedule();
    await this.waiters.wait(epoch, backlog.heldSpans, limitMillis);
  }

  private async close(timeoutMillis: number): Promise<void> {
    const deadline = performance.now() + timeoutMillis;
    this.held = false;
    clearTimeout(this.timer);
    this.impatient = this.breaker.state !== 'closed';
    if (!this.dropsRest) {
      // This is the last attempt, so it is made even if the receiver asked to wait.
      this.breaker.probeNow();
      await this.drain(timeoutMillis);
    }
    this.dropAll();
    this.breaker.release();
    await this.delivery.close(Math.max(MIN_CLOSE_MILLIS, deadline - performance.now()));
    this.log.closed();
  }

  private dropAll(): void {
    for (const batch of [...this.inFlight, ...this.retries.takeAll()]) this.dropBatch(batch, 'shutdown');
    const { spans } = this.backlog;
    this.backlog.removeAll();
    this.drop('shutdown', spans);
    this.waiters.settled(0, spans);
  }

  private arm(): void {
    // The timer starts outside of the request whose span happened to be the first.
    this.timer = runAsExport(() =>
      setTimeout(() => this.onDelay(), this.limits.scheduledDelayMillis).unref(),
    );
  }

  private onDelay(): void {
    this.timer = undefined;
    this.due = this.backlog.spans;
    this.schedule();
  }

  /** Sends in its own turn of the event loop, so that neither a request nor a long queue delays others. */
  private schedule(): void {
    if (this.scheduled || !this.mayExport) return;
    this.scheduled = true;
    setImmediate(() => {
      this.scheduled = false;
      runAsExport(() => this.pump());
    });
  }

  private get mayExport(): boolean {
    const { held, concurrency, inFlight } = this;
    return !held && inFlight.size < concurrency && this.breaker.admits(inFlight.size);
  }

  private pump(): void {
    if (!this.mayExport) return;
    const batch = this.nextBatch();
    if (batch !== undefined) {
      void this.dispatch(batch);
      this.schedule();
    } else if (this.timer === undefined && this.backlog.spans > 0 && this.closing === undefined) {
      this.arm();
    }
  }

  private nextBatch(): Batch | undefined {
    const probing = this.breaker.state === 'half-open';
    const retry = this.retries.next(probing && this.backlog.spans > 0);
    if (retry !== undefined) {
      this.ledger.retries++;
      return retry;
    }
    const { backlog, limits } = this;
    const ready =
      this.due > 0 ||
      probing ||
      backlog.spans >= limits.maxExportBatchSize ||
      backlog.bytes >= this.batchBytes;
    if (backlog.spans === 0) this.due = 0;
    if (!ready || backlog.spans === 0) return undefined;
    const parts = backlog.take(limits.maxExportBatchSize, this.batchBytes, (resource) =>
      this.delivery.envelopeBytes(resource),
    );
    const batch = new Batch(parts);
    this.due = Math.max(0, this.due - batch.spans);
    return batch;
  }

  private async dispatch(batch: Batch): Promise<void> {
    const era = this.breaker.begin();
    this.inFlight.add(batch);
    let outcome: ExportOutcome;
    const begun = performance.now();
    try {
      outcome = await this.delivery.sendParts(batch.parts, this.limits.exportTimeoutMillis);
    } catch (error) {
      outcome = { ok: false, failure: classifyExporterError(error) };
    }
    this.inFlight.delete(batch);
    this.onExport?.(
      this.delivery.name,
      (performance.now() - begun) / 1000,
      outcome.ok ? undefined : outcome.failure.code,
    );
    if (!batch.settled) {
      if (outcome.ok) this.onSuccess(batch, era, outcome.rejected, outcome.message);
      else this.onFailure(batch, era, outcome.failure);
    }
    this.schedule();
  }

  private onSuccess(batch: Batch, era: number, rejectedSpans: number, message: string): void {
    const rejected = Math.min(Math.max(rejectedSpans, 0), batch.spans);
    this.ledger.succeeded(batch.spans - rejected);
    this.lastSuccessAt = performance.now();
    if (rejected > 0) this.drop('rejected', rejected);
    this.settleBatch(batch);
    this.breaker.succeeded(era);
    if (rejected > 0 || message !== '') this.log.partial(rejected, message);
    else if (this.breaker.state === 'closed')
      this.log.succeeded(this.backlog.spans < this.limits.maxExportBatchSize);
  }

  private onFailure(batch: Batch, era: number, failure: ExportFailure): void {
    this.ledger.failed(failure);
    if (failure.tooLarge === true && batch.spans > 1) {
      this.batchBytes = Math.max(MIN_BATCH_BYTES, Math.min(this.batchBytes, batch.bytes >>> 1));
      this.retries.addFirst(batch.halve());
      this.breaker.succeeded(era);
      return;
    }
    this.log.failed(failure);
    if (!failure.retryable) {
      const reason = failure.blames === 'destination' ? 'permanent_error' : this.delivery.refusal;
      this.dropBatch(batch, failure.tooLarge === true ? 'too_large' : reason);
    } else if (batch.failedAgain(this.limits.maxRetryMillis, this.lastSuccessAt)) {
      this.retries.add(batch);
    } else {
      this.dropBatch(batch, 'retries_exhausted');
    }
    if (failure.blames === 'data') this.breaker.succeeded(era);
    else this.breaker.failed(era, failure);
    if (this.impatient && failure.blames === 'destination') this.dropAll();
  }

  private dropBatch(batch: Batch, reason: DropReason): void {
    if (batch.settled) return;
    this.drop(reason, batch.spans);
    this.settleBatch(batch);
  }

  private settleBatch(batch: Batch): void {
    batch.settled = true;
    this.backlog.releaseSpans(batch.spans, batch.bytes);
    for (const part of batch.parts) this.waiters.settled(part.epoch, part.spans);
  }

  private drop(reason: DropReason, spans: number): void {
    if (spans === 0) return;
    this.ledger.drop(reason, spans);
    this.log.dropped(reason, spans);
  }
}
