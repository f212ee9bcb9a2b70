import { createHash } from 'node:crypto';
import type { SpanExporter } from '@opentelemetry/sdk-trace-base';
import type { ExporterConfig } from '../config/exporter-config.js';
import type { TelemetryLog } from '../config/log.js';
import type { BatchConfig } from '../config/tracer-config.js';
import { isSpanExporter, isSpanSink } from './is-span-exporter.js';
import { openSink } from './open-sink.js';
import type { DropReason, SinkStatus, SpanSink } from './span-sink.js';

/** The right to use a sink; given back with {@link SinkPool.release}. */
export interface SinkLease {
  readonly sink: SpanSink;
  readonly key: string | SpanExporter;
}

interface Entry {
  readonly sink: Promise<SpanSink>;
  leases: number;
}

/** What closed sinks had counted, so that a pipeline's totals never go back. */
export interface RetiredTotals {
  ended: number;
  delivered: number;
  dropped: Partial<Record<DropReason, number>>;
}

/**
 * Shares sinks between the generations of a pipeline: equal exporter and batch settings mean the same connection, so that a
 * change of sampler or masking opens none.
 */
export class SinkPool {
  readonly retired: RetiredTotals = { ended: 0, delivered: 0, dropped: {} };
  private readonly entries = new Map<string | SpanExporter, Entry>();
  private readonly closing = new Set<Promise<void>>();
  private readonly open = new Set<SpanSink>();

  constructor(
    private readonly instance: string,
    private readonly log: TelemetryLog,
  ) {}

  /** @throws TelemetryConfigError when the exporter cannot be built */
  async acquire(exporter: ExporterConfig | SpanExporter, batch: Required<BatchConfig>): Promise<SinkLease> {
    const key = isSpanExporter(exporter) ? exporter : contentKey(exporter, batch);
    let entry = this.entries.get(key);
    if (entry === undefined) {
      const opened = isSpanSink(exporter)
        ? Promise.resolve(exporter)
        : openSink(exporter, { batch, log: this.log, instance: this.instance });
      entry = { sink: opened, leases: 0 };
      this.entries.set(key, entry);
    }
    entry.leases += 1;
    try {
      const sink = await entry.sink;
      this.open.add(sink);
      return { sink, key };
    } catch (error) {
      entry.leases -= 1;
      if (this.entries.get(key) === entry) this.entries.delete(key);
      throw error;
    }
  }

  /** Flushes and closes the sink when nobody else holds it; resolves when that is done. */
  async release(lease: SinkLease, timeoutMillis: number): Promise<void> {
    const entry = this.entries.get(lease.key);
    if (entry === undefined || (await entry.sink) !== lease.sink) return;
    entry.leases -= 1;
    if (entry.leases > 0) return;
    this.entries.delete(lease.key);
    const closing = this.close(lease.sink, timeoutMillis);
    this.closing.add(closing);
    await closing;
    this.closing.delete(closing);
  }

  async forceFlush(): Promise<void> {
    await Promise.all([...this.open].map((sink) => sink.forceFlush()));
  }

  /** Waits for sinks that are being closed. */
  async settled(): Promise<void> {
    await Promise.all(this.closing);
  }

  status(): SinkStatus[] {
    return [...this.open].map((sink) => sink.status());
  }

  sinks(): Iterable<SpanSink> {
    return this.open;
  }

  private async close(sink: SpanSink, timeoutMillis: number): Promise<void> {
    await sink.shutdown(timeoutMillis);
    const { ended, delivered, dropped } = sink.status();
    this.open.delete(sink);
    this.retired.ended += ended;
    this.retired.delivered += delivered;
    for (const [reason, count] of Object.entries(dropped) as [DropReason, number][]) {
      this.retired.dropped[reason] = (this.retired.dropped[reason] ?? 0) + count;
    }
  }
}

/** A digest, so that headers do not stay in memory as map keys in clear. */
function contentKey(exporter: ExporterConfig, batch: Required<BatchConfig>): string {
  return createHash('sha256').update(stableJson([exporter, batch])).digest('base64');
}

function stableJson(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) => {
    if (item instanceof Uint8Array) return Buffer.from(item).toString('base64');
    if (typeof item !== 'object' || item === null || Array.isArray(item)) return item;
    return Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
