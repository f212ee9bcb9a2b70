import type { SpanProcessor } from '../../sdk/span-processor.js';
import type { ResolvedTracerConfig } from '../../config/resolve-config.js';
import type { TracerConfig } from '../../config/tracer-config.js';
import { Generation, type GenerationPipeline } from './generation.js';
import type { GenerationBuilder } from './generation-slot.js';
import { isSpanExporter } from '../is-span-exporter.js';
import type { RateLimitedLog } from '../../base/rate-limited-log.js';
import type { SinkLease, SinkPool } from '../sink-pool.js';
import type { SpanSink } from '../span-sink.js';

/**
 * The most draining generations; beyond it, the oldest is closed and its remaining spans count as dropped.
 */
const MAX_DRAINING = 32;
/**
 * The most draining generations of tenants and temporary configurations, many of which may end at the same
 * time.
 */
const MAX_EVICTED = 256;

/** Builds generations, keeps the open ones, and closes each one when its last span has ended. */
export class GenerationLife implements GenerationBuilder {
  private numbers = 0;
  private readonly leases = new Map<Generation, readonly SinkLease[]>();
  private readonly replaced = new Set<Generation>();
  private readonly evicted = new Set<Generation>();
  private readonly closing = new Map<Generation, Promise<void>>();

  constructor(
    private readonly pipeline: GenerationPipeline,
    private readonly log: RateLimitedLog,
    private readonly pool: SinkPool,
    private readonly closeTimeoutMillis: number,
  ) {}

  /** The number of replaced and evicted generations that still have spans or are delivering. */
  get draining(): number {
    return this.replaced.size + this.evicted.size;
  }

  get running(): boolean {
    return this.pipeline.configured;
  }

  /** Returns all generations that hold exporters. */
  openGenerations(): Generation[] {
    return [...this.leases.keys()];
  }

  /**
   * Opens the exporters, then builds the generation. @throws TelemetryConfigError if an exporter cannot be
   * built
   */
  async build(given: TracerConfig, config: ResolvedTracerConfig): Promise<Generation> {
    const leases: SinkLease[] = [];
    try {
      for (const exporter of exportersToHold(config)) {
        leases.push(await this.pool.acquire(exporter, config.batch));
      }
      return this.leased(given, config, leases);
    } catch (error) {
      await this.releaseAll(leases, this.closeTimeoutMillis);
      throw error;
    }
  }

  buildNow(given: TracerConfig, config: ResolvedTracerConfig): Generation {
    const leases = exportersToHold(config).map((exporter) =>
      this.pool.acquireNow(exporter, config.batch, 'caller'),
    );
    return this.leased(given, config, leases);
  }

  /** Builds a generation that holds no exporters and needs no closing. */
  unleased(given: TracerConfig, config: ResolvedTracerConfig, sinks: readonly SpanSink[]): Generation {
    this.numbers += 1;
    const onLateSpan = (): void => {
      this.pipeline.drop('generation_closed', 1);
    };
    return new Generation(this.pipeline, this.numbers, given, config, sinks, this.log, onLateSpan, this.pool);
  }

  /** Closes a generation that another one has replaced. */
  closeReplaced(generation: Generation): Promise<number> {
    return this.closeWhenDrained(generation, this.replaced, MAX_DRAINING);
  }

  /** Closes a generation that was used beside the current one. */
  closeEvicted(generation: Generation): Promise<number> {
    return this.closeWhenDrained(generation, this.evicted, MAX_EVICTED);
  }

  /** Resolves when the generation is closed; later calls wait for the first one. */
  async close(generation: Generation, timeoutMillis: number): Promise<void> {
    if (generation.closed) return this.closing.get(generation);
    const leases = this.leases.get(generation) ?? [];
    this.leases.delete(generation);
    this.replaced.delete(generation);
    this.evicted.delete(generation);
    const kept = this.processorsInUse();
    const closing = Promise.resolve().then(() => this.closeNow(generation, leases, kept, timeoutMillis));
    this.closing.set(generation, closing);
    generation.close();
    await closing;
    this.closing.delete(generation);
  }

  /** Closes all generations; resolves when these and all earlier closings are complete. */
  async closeAll(timeoutMillis: number): Promise<void> {
    await Promise.all(this.openGenerations().map((generation) => this.close(generation, timeoutMillis)));
    await Promise.all(this.closing.values());
  }

  private async closeNow(
    generation: Generation,
    leases: readonly SinkLease[],
    kept: ReadonlySet<SpanProcessor>,
    timeoutMillis: number,
  ): Promise<void> {
    const begun = performance.now();
    // Processors get half of the time, since the spans that they pass on must still be delivered.
    await generation.shutdownProcessors(kept, timeoutMillis / 2);
    await this.releaseAll(leases, timeoutMillis - (performance.now() - begun));
  }

  private leased(
    given: TracerConfig,
    config: ResolvedTracerConfig,
    leases: readonly SinkLease[],
  ): Generation {
    const generation = this.unleased(
      given,
      config,
      leases.map((lease) => lease.sink),
    );
    this.leases.set(generation, leases);
    return generation;
  }

  /**
   * Closes a generation when its last running span has ended.
   *
   * @returns the number of spans that ended meanwhile, after they are delivered
   */
  private closeWhenDrained(generation: Generation, waiting: Set<Generation>, most: number): Promise<number> {
    const endedBefore = generation.ended;
    waiting.add(generation);
    if (waiting.size > most) this.closeOldest(waiting, most);
    return new Promise((resolve) => {
      generation.whenDrained(() => {
        const drained = generation.ended - endedBefore;
        void this.close(generation, this.closeTimeoutMillis).then(() => {
          resolve(drained);
        });
      });
    });
  }

  private closeOldest(waiting: Set<Generation>, most: number): void {
    const [oldest] = waiting;
    if (oldest === undefined) return;
    this.log.warn(
      'draining',
      `More than ${most} replaced configurations still have open spans; closing the oldest, its ` +
        `${oldest.live} open spans will be dropped.`,
    );
    void this.close(oldest, this.closeTimeoutMillis);
  }

  private processorsInUse(): Set<SpanProcessor> {
    return new Set(this.openGenerations().flatMap((generation) => generation.processors));
  }

  private async releaseAll(leases: readonly SinkLease[], timeoutMillis: number): Promise<void> {
    await Promise.all(leases.map((lease) => this.pool.release(lease, timeoutMillis)));
  }
}

/**
 * Returns the exporters to keep open. Disabled telemetry keeps no connection; but an exporter given in code
 * stays, since it could not be reopened after a shutdown.
 */
function exportersToHold({ enabled, exporters }: ResolvedTracerConfig): ResolvedTracerConfig['exporters'] {
  return enabled ? exporters : exporters.filter(isSpanExporter);
}
