import type { SpanExporter, SpanProcessor } from '@opentelemetry/sdk-trace-base';
import type { ExporterConfig } from '../config/exporter-config.js';
import type { TelemetryLog } from '../config/log.js';
import { mergeTracerConfig, resolveTracerConfig, type ResolvedTracerConfig } from '../config/resolve-config.js';
import type { TracerConfig } from '../config/tracer-config.js';
import { TelemetryError } from '../errors.js';
import { changedSections } from './config-change.js';
import { Generation } from './generation.js';
import { RateLimitedLog } from './rate-limited-log.js';
import { SinkPool, type SinkLease } from './sink-pool.js';
import type { DropReason, SinkStatus } from './span-sink.js';

/** Over this many draining generations the oldest is closed, and what still ends in it is counted as dropped. */
const MAX_DRAINING = 32;

/** What a change of configuration did. */
export interface ReconfigureReport {
  /** Number of the generation that is live now. */
  readonly generation: number;
  /** The top-level options whose values differ, such as `sampler`. */
  readonly changed: readonly string[];
  /** Spans that were alive at the swap: they finish in the generation that they began in. */
  readonly draining: number;
  /** Resolves with the number of spans that the replaced generation ended while draining, all handed to its exporters. */
  readonly drained: Promise<number>;
}

/** What `TracerManager.status()` tells about spans and where they went. */
export interface PipelineStatus {
  readonly configured: boolean;
  readonly enabled: boolean;
  readonly service: string | undefined;
  readonly generation: number;
  readonly sampler: string | undefined;
  readonly spans: {
    readonly live: number;
    /** Sampled spans handed to exporters, counted once per exporter; `ended = delivered + dropped + queued`. */
    readonly ended: number;
    readonly delivered: number;
    readonly queued: number;
    readonly dropped: Readonly<Partial<Record<DropReason, number>>>;
  };
  readonly drainingGenerations: number;
  /** The queues that are open now. */
  readonly exporters: readonly SinkStatus[];
}

/** The parts that a pipeline needs from outside. */
export interface PipelineOptions {
  /** Names the instance in log lines. */
  readonly instance: string;
  readonly log: TelemetryLog;
  /** Read, never written; default `process.env`. */
  readonly env?: NodeJS.ProcessEnv;
  /** Limit for closing a replaced generation's exporters, in milliseconds. */
  readonly closeTimeoutMillis: number;
  /** Called whenever another generation, or none, has become the current one. */
  readonly onChange?: () => void;
}

/**
 * One instance's way from an ended span to its exporters, replaceable while it runs.
 *
 * A change is validated, a complete new generation is built, then swapped in with one assignment; the old one is flushed and
 * closed when its last span has ended.
 */
export class Pipeline {
  /** The generation that new flows begin in; absent before `configure` and after `shutdown`. */
  current: Generation | undefined;
  readonly log: RateLimitedLog;
  readonly pool: SinkPool;
  private config: TracerConfig = {};
  private numbers = 0;
  private readonly draining = new Set<Generation>();
  private lastChange: Promise<unknown> = Promise.resolve();
  private lateSpans = 0;

  constructor(private readonly options: PipelineOptions) {
    this.log = new RateLimitedLog(options.log);
    this.pool = new SinkPool(options.instance, options.log);
  }

  /** Replaces the whole configuration. @throws TelemetryConfigError, after which nothing has changed */
  configure(config: TracerConfig): Promise<ReconfigureReport> {
    return this.inOrder(() => this.swap(config));
  }

  /** Changes a part of the configuration. @throws TelemetryConfigError, after which nothing has changed */
  reconfigure(change: TracerConfig | ((current: TracerConfig) => TracerConfig)): Promise<ReconfigureReport> {
    return this.inOrder(() =>
      this.swap(typeof change === 'function' ? change(this.config) : mergeTracerConfig(this.config, change)),
    );
  }

  /** The configuration as it was given, before defaults and environment. */
  get given(): TracerConfig {
    return this.config;
  }

  /** Adds an exporter to those that are configured. */
  async addExporter(exporter: ExporterConfig | SpanExporter): Promise<void> {
    await this.reconfigure((current) => {
      const existing = current.exporter ?? this.current?.config.exporters ?? [];
      const list = Array.isArray(existing)
        ? (existing as readonly (ExporterConfig | SpanExporter)[])
        : [existing as ExporterConfig | SpanExporter];
      return { ...current, exporter: [...list, exporter] };
    });
  }

  async forceFlush(): Promise<void> {
    const generations = [...this.draining, ...(this.current === undefined ? [] : [this.current])];
    await Promise.all(generations.map((generation) => generation.flushProcessors()));
    await this.pool.forceFlush();
    await this.pool.settled();
  }

  /** Delivers what has ended, closes every exporter; a later `configure` works again. */
  shutdown(timeoutMillis: number): Promise<void> {
    return this.inOrder(async () => {
      const generations = [...this.draining, ...(this.current === undefined ? [] : [this.current])];
      this.current = undefined;
      this.options.onChange?.();
      await Promise.all(generations.map((generation) => this.close(generation, timeoutMillis)));
      await this.pool.settled();
    });
  }

  status(): PipelineStatus {
    const exporters = this.pool.status();
    const { retired } = this.pool;
    const dropped: Partial<Record<DropReason, number>> = { ...retired.dropped };
    let { ended, delivered } = retired;
    let queued = 0;
    for (const sink of exporters) {
      ended += sink.ended;
      delivered += sink.delivered;
      queued += sink.queuedSpans;
      for (const [reason, count] of Object.entries(sink.dropped) as [DropReason, number][]) {
        dropped[reason] = (dropped[reason] ?? 0) + count;
      }
    }
    let live = this.current?.live ?? 0;
    for (const generation of this.draining) live += generation.live;
    const late = this.lateSpans;
    if (late > 0) dropped.generation_closed = late;
    return {
      configured: this.current !== undefined,
      enabled: this.current?.enabled ?? false,
      service: this.current?.config.service.name,
      generation: this.current?.number ?? 0,
      sampler: this.current?.sampler.toString(),
      spans: { live, ended: ended + late, delivered, queued, dropped },
      drainingGenerations: this.draining.size,
      exporters,
    };
  }

  /** Builds a generation that is not (yet) the current one. */
  async build(config: TracerConfig): Promise<Generation> {
    const resolved = resolveTracerConfig(config, this.options.env ?? process.env, {
      warn: (message) => { this.log.warn(`config:${message}`, message); },
    });
    const leases = await this.lease(resolved);
    this.numbers += 1;
    try {
      return new Generation(this, this.numbers, resolved, leases, this.log, () => {
        this.lateSpans += 1;
      });
    } catch (error) {
      await this.releaseAll(leases, this.options.closeTimeoutMillis);
      throw error;
    }
  }

  /** Closes a generation once its spans have ended; resolves with how many ended meanwhile. */
  retire(generation: Generation): Promise<number> {
    const endedBefore = generation.ended;
    this.draining.add(generation);
    this.boundDraining();
    return new Promise((resolve) => {
      generation.whenDrained(() => {
        const drained = generation.ended - endedBefore;
        void this.close(generation, this.options.closeTimeoutMillis).then(() => { resolve(drained); });
      });
    });
  }

  private async swap(config: TracerConfig): Promise<ReconfigureReport> {
    const previous = this.current;
    const next = await this.build(config);
    this.current = next;
    this.config = config;
    this.options.onChange?.();
    const report = {
      generation: next.number,
      changed: changedSections(previous?.config, next.config),
      draining: previous?.live ?? 0,
    };
    const drained = previous === undefined ? Promise.resolve(0) : this.retire(previous);
    return { ...report, drained };
  }

  private async lease(resolved: ResolvedTracerConfig): Promise<SinkLease[]> {
    const leases: SinkLease[] = [];
    if (!resolved.enabled) return leases;
    try {
      for (const exporter of resolved.exporters) leases.push(await this.pool.acquire(exporter, resolved.batch));
    } catch (error) {
      await this.releaseAll(leases, this.options.closeTimeoutMillis);
      throw error;
    }
    return leases;
  }

  private async close(generation: Generation, timeoutMillis: number): Promise<void> {
    if (generation.closed) return;
    this.draining.delete(generation);
    generation.close();
    await generation.shutdownProcessors(this.processorsInUse());
    await this.releaseAll(generation.leases, timeoutMillis);
  }

  private processorsInUse(): Set<SpanProcessor> {
    const generations = [...this.draining, ...(this.current === undefined ? [] : [this.current])];
    return new Set(generations.flatMap((generation) => generation.processors));
  }

  private async releaseAll(leases: readonly SinkLease[], timeoutMillis: number): Promise<void> {
    await Promise.all(leases.map((lease) => this.pool.release(lease, timeoutMillis)));
  }

  private boundDraining(): void {
    if (this.draining.size <= MAX_DRAINING) return;
    const [oldest] = this.draining;
    if (oldest === undefined) return;
    this.log.warn(
      'draining',
      `More than ${MAX_DRAINING} replaced configurations still have open spans; closing the oldest, its ${oldest.live} open spans will be dropped.`,
    );
    void this.close(oldest, this.options.closeTimeoutMillis);
  }

  /** Runs changes one after the other, each whatever became of the one before. */
  private inOrder<T>(change: () => Promise<T>): Promise<T> {
    const result = this.lastChange.then(change, change);
    this.lastChange = result.catch(() => undefined);
    return result;
  }
}

/** The error for work on a pipeline that was never configured. */
export function notConfigured(): TelemetryError {
  return new TelemetryError(
    'TELEMETRY_SHUT_DOWN',
    'Telemetry is not configured, or was shut down. Call `configure(config)` first.',
  );
}
