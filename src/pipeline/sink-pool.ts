import { contentKey } from '../config/content-key.js';
import type { SpanExporter } from '../sdk/span-exporter.js';
import type { ExporterConfig } from '../config/exporter-config.js';
import type { TelemetryLog } from '../base/log.js';
import type { BatchConfig } from '../config/tracer-config.js';
import { ClosingLine } from './closing-line.js';
import { DeferredSink } from './deferred-sink.js';
import type { ExportListener } from './queue/delivery.js';
import { exporterName, isSpanExporter, isSpanSink } from './is-span-exporter.js';
import type { SpanWatch } from './generations/generation.js';
import { openSink } from './open-sink.js';
import { errorText } from '../base/rate-limited-log.js';
import type { DropReason, ExporterStatus, SpanSink } from './span-sink.js';
import type { WaitingRoom } from './waiting-room.js';

/** The right to use a sink; {@link SinkPool.release} ends it. */
export interface SinkLease {
  readonly sink: SpanSink;
  /** The pool's own record of the sink. */
  readonly entry: SinkEntry;
}

/** A sink that is open or being opened, with the number of its leases. */
interface SinkEntry {
  readonly key: string | SpanExporter;
  readonly exporter: string;
  readonly opening: Promise<SpanSink>;
  opened: SpanSink | undefined;
  leases: number;
}

/** The party that shuts an exporter instance down: the library, or the caller that created it. */
export type ExporterOwner = 'library' | 'caller';

/** The counts of closed sinks, so that a pipeline's totals never decrease. */
export interface ClosedTotals {
  ended: number;
  delivered: number;
  dropped: Partial<Record<DropReason, number>>;
}

/**
 * Shares sinks between the generations of a pipeline. Equal exporter and batch settings use the same
 * connection, so that a change of sampler or masking opens none.
 */
export class SinkPool {
  /** The number of outgoing calls that were counted instead of recorded. */
  folded = 0;
  readonly closedTotals: ClosedTotals = { ended: 0, delivered: 0, dropped: {} };
  /** Observes every span that goes to the pool's sinks; set by devtools. */
  watch: SpanWatch | undefined;
  /** Called after every export, if exports are measured. */
  onExport: ExportListener | undefined;
  private readonly entries = new Map<string | SpanExporter, SinkEntry>();
  private readonly closing = new Set<Promise<void>>();
  private readonly line = new ClosingLine(() => this.waiting.maxBytes);
  private readonly open = new Set<SpanSink>();
  private readonly deferred = new Set<DeferredSink>();

  constructor(
    private readonly instance: string,
    private readonly log: TelemetryLog,
    private readonly waiting: WaitingRoom,
  ) {}

  /** Opens a sink, or shares the open one. @throws TelemetryConfigError if the exporter cannot be built */
  async acquire(exporter: ExporterConfig | SpanExporter, batch: Required<BatchConfig>): Promise<SinkLease> {
    const entry = this.entry(exporter, batch, 'library');
    entry.leases += 1;
    try {
      return { sink: await entry.opening, entry };
    } catch (error) {
      entry.leases -= 1;
      throw error;
    }
  }

  /**
   * Leases a sink without waiting until it is open. Spans are held meanwhile; if the sink cannot be opened,
   * they are dropped and logged.
   *
   * @param owner - `caller` means that an exporter instance is flushed but never shut down
   */
  acquireNow(
    exporter: ExporterConfig | SpanExporter,
    batch: Required<BatchConfig>,
    owner: ExporterOwner,
  ): SinkLease {
    const entry = this.entry(exporter, batch, owner);
    entry.leases += 1;
    if (entry.opened !== undefined) return { sink: entry.opened, entry };
    const sink = new DeferredSink(this.waiting.waitFor(entry.exporter), entry.opening, (reason, spans) => {
      this.drop(reason, spans);
    });
    this.deferred.add(sink);
    entry.opening.then(
      () => this.deferred.delete(sink),
      (error: unknown) => {
        this.deferred.delete(sink);
        this.log.warn(`An exporter could not be opened, its spans are dropped: ${errorText(error)}`);
      },
    );
    return { sink, entry };
  }

  /** Ends a lease. The last lease's end flushes and closes the sink; resolves when that is done. */
  async release({ entry }: SinkLease, timeoutMillis: number): Promise<void> {
    entry.leases -= 1;
    if (entry.leases > 0) return;
    if (this.entries.get(entry.key) === entry) this.entries.delete(entry.key);
    const closing = this.close(entry, timeoutMillis);
    this.closing.add(closing);
    await closing;
    this.closing.delete(closing);
  }

  /** Counts spans that no sink accepted. */
  drop(reason: DropReason, spans: number): void {
    this.closedTotals.ended += spans;
    this.closedTotals.dropped[reason] = (this.closedTotals.dropped[reason] ?? 0) + spans;
  }

  async forceFlush(): Promise<void> {
    // Sinks in the closing line deliver when it is their turn.
    const sinks = [...this.open].filter((sink) => !this.line.holds(sink));
    await Promise.all([...sinks, ...this.deferred].map((sink) => sink.forceFlush()));
  }

  /** Waits for sinks that are being closed. */
  async settled(): Promise<void> {
    await Promise.all(this.closing);
  }

  /**
   * Closes sinks with `closeAll`, without a limit on their number; spans that are left after the time count
   * as dropped.
   */
  hurry(timeoutMillis: number, closeAll: () => Promise<void>): Promise<void> {
    const closed = closeAll().then(() => this.settled());
    return this.line.hurry(timeoutMillis, closed);
  }

  status(): ExporterStatus[] {
    const sinks = [...this.open].filter((sink) => !this.line.holds(sink));
    const evicted = this.line.status();
    return [
      ...sinks.map((sink) => sink.status()),
      ...(evicted === undefined ? [] : [evicted]),
      ...this.waiting.status(),
    ];
  }

  sinks(): Iterable<SpanSink> {
    return this.open;
  }

  private entry(
    exporter: ExporterConfig | SpanExporter,
    batch: Required<BatchConfig>,
    owner: ExporterOwner,
  ): SinkEntry {
    const key = isSpanExporter(exporter) ? exporter : contentKey([exporter, batch]);
    const existing = this.entries.get(key);
    if (existing !== undefined) return existing;
    const entry: SinkEntry = {
      key,
      exporter: isSpanExporter(exporter) ? exporterName(exporter) : exporter.type,
      opening: this.openNew(
        isSpanExporter(exporter) && owner === 'caller' ? lent(exporter) : exporter,
        batch,
      ),
      opened: undefined,
      leases: 0,
    };
    this.entries.set(key, entry);
    if (isSpanSink(exporter)) {
      entry.opened = exporter;
      this.open.add(exporter);
      // The exporter's count continues, here or elsewhere.
      this.addTotals(exporter, -1);
      return entry;
    }
    entry.opening.then(
      (sink) => {
        entry.opened = sink;
        this.open.add(sink);
      },
      () => {
        if (this.entries.get(key) === entry) this.entries.delete(key);
      },
    );
    return entry;
  }

  private async openNew(
    exporter: ExporterConfig | SpanExporter,
    batch: Required<BatchConfig>,
  ): Promise<SpanSink> {
    if (isSpanSink(exporter)) return exporter;
    const onExport: ExportListener = (...told) => this.onExport?.(...told);
    return openSink(exporter, { batch, log: this.log, instance: this.instance, onExport });
  }

  private async close(entry: SinkEntry, timeoutMillis: number): Promise<void> {
    const sink = await entry.opening.catch(() => undefined);
    if (sink === undefined) return;
    await this.line.close(sink, timeoutMillis);
    this.open.delete(sink);
    this.addTotals(sink, 1);
  }

  /** Adds a sink's counts to the totals of closed sinks, or subtracts them again. */
  private addTotals(sink: SpanSink, sign: 1 | -1): void {
    const { ended, delivered, dropped } = sink.status();
    this.closedTotals.ended += sign * ended;
    this.closedTotals.delivered += sign * delivered;
    for (const [reason, count] of Object.entries(dropped) as [DropReason, number][]) {
      this.closedTotals.dropped[reason] = (this.closedTotals.dropped[reason] ?? 0) + sign * count;
    }
  }
}

/** Wraps an exporter that its creator continues to use: a shutdown only flushes it. */
function lent(exporter: SpanExporter): SpanExporter {
  if (isSpanSink(exporter)) return exporter;
  const borrowed = {
    // Status and log identify the exporter by its class name.
    constructor: exporter.constructor,
    // The result is returned, since the queue observes the promise of an async `export`.
    export: (...args: Parameters<SpanExporter['export']>) => exporter.export(...args),
    forceFlush: () => exporter.forceFlush?.() ?? Promise.resolve(),
    shutdown: () => exporter.forceFlush?.() ?? Promise.resolve(),
  };
  return borrowed;
}
