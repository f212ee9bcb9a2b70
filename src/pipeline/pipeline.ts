import { inspect } from 'node:util';
import {
  mergeTracerConfig,
  resolveTracerConfig,
  type ResolvedTracerConfig,
} from '../config/resolve-config.js';
import { positiveMillis } from '../config/schema.js';
import type { ExporterOption, TracerConfig } from '../config/tracer-config.js';
import type { FlowTarget } from '../context/flow-context.js';
import { Propagation } from '../context/propagation.js';
import { TelemetryError } from '../errors.js';
import type { CallMeter } from './call-meter.js';
import { flushAll } from './flush.js';
import type { ReconfigureReport } from './generations/config-change.js';
import type { Generation } from './generations/generation.js';
import { GenerationLife } from './generations/generation-life.js';
import { GenerationSlot } from './generations/generation-slot.js';
import { LiveGeneration } from './generations/live-generation.js';
import { noTenants, Overrides, type OverrideHandle, type OverrideOptions } from './generations/overrides.js';
import type { PipelineOptions } from './pipeline-options.js';
import { countSpans, type DeliveryStatus } from './telemetry-status.js';
import { InOrder } from '../base/in-order.js';
import { errorText, RateLimitedLog } from '../base/rate-limited-log.js';
import { WaitingRoom } from './waiting-room.js';
import { SinkPool } from './sink-pool.js';
import type { DropReason, SpanSink } from './span-sink.js';
import { StandIns } from './generations/stand-ins.js';
import { TemporaryConfigs } from './generations/temporary-configs.js';
import { TenantRouter, type TenantPipeline } from './tenants/tenant-router.js';
import type { VerifyExportResult } from './verify-export.js';

/**
 * Takes the ended spans of one instance to its exporters. The configuration can be replaced at any time.
 *
 * A change is validated, then a complete new generation is built and swapped in with one assignment. The
 * old one is flushed and closed when its last span has ended.
 */
export class Pipeline implements TenantPipeline {
  readonly log: RateLimitedLog;
  readonly waiting = new WaitingRoom((reason, spans) => {
    this.drop(reason, spans);
  });
  readonly pool: SinkPool;
  readonly tenants: TenantRouter | undefined;
  readonly temporary: TemporaryConfigs;
  readonly propagation: Propagation;
  /** Measures calls with the option `metric`. */
  callMeter: CallMeter | undefined;
  /** Ends spans that collect calls, so that a flush delivers them, too. */
  beforeFlush: (() => void) | undefined;
  /** The first configuration that was given. */
  initial: TracerConfig | undefined;
  private config: TracerConfig = {};
  private readonly life: GenerationLife;
  private readonly overrides = new Overrides((tenant) => {
    this.tenants?.override(tenant, undefined);
  });
  private readonly live: LiveGeneration;
  private readonly standIns: StandIns;
  private wasShutDown = false;
  private readonly changes = new InOrder();

  constructor(private readonly options: PipelineOptions) {
    this.log = new RateLimitedLog(options.log);
    this.propagation = options.propagation ?? new Propagation();
    this.pool = new SinkPool(options.instance, options.log, this.waiting);
    this.tenants = options.tenants && new TenantRouter(this, options.tenants);
    this.life = new GenerationLife(this, this.log, this.pool, options.closeTimeoutMillis);
    this.live = new LiveGeneration(this.life, () => {
      if (this.current !== undefined) this.waiting.limit(this.current.config.batch);
      options.onChange?.();
      this.tenants?.refresh();
    });
    this.standIns = new StandIns(this, this.life);
    this.temporary = new TemporaryConfigs(this.life, (config) => this.resolveConfig(config), this.log);
  }

  /**
   * Replaces the whole configuration. @throws TelemetryConfigError if it is invalid; nothing has changed
   * then
   */
  configure(config: TracerConfig): Promise<ReconfigureReport> {
    return this.changes.run(() => this.applyChange(() => config));
  }

  /**
   * Changes a part of the configuration.
   *
   * @throws TelemetryConfigError if the change is invalid, TelemetryError `TELEMETRY_SHUT_DOWN` after a
   *   shutdown; nothing has changed then
   */
  reconfigure(change: TracerConfig | ((current: TracerConfig) => TracerConfig)): Promise<ReconfigureReport> {
    return this.changes.run(async () => {
      if (this.wasShutDown) {
        throw new TelemetryError(
          'TELEMETRY_SHUT_DOWN',
          'Telemetry was shut down. Call `configure` to begin again.',
        );
      }
      return this.applyChange(change);
    });
  }

  private async applyChange(
    change: TracerConfig | ((current: TracerConfig) => TracerConfig),
  ): Promise<ReconfigureReport> {
    // The function gets a copy, which only counts if the change succeeds.
    const next =
      typeof change === 'function'
        ? mergeTracerConfig({}, change(mergeTracerConfig(this.config, this.config)))
        : mergeTracerConfig(this.config, change);
    const report = await this.live.swap(next, this.resolveConfig(next));
    this.config = next;
    this.initial ??= next;
    this.overrides.removeAll();
    this.tenants?.endOverrides();
    this.wasShutDown = false;
    return report;
  }

  /** The generation for new flows; absent before `configure` and after `shutdown`. */
  get current(): Generation | undefined {
    return this.live.current;
  }

  get env(): NodeJS.ProcessEnv {
    return this.options.env ?? process.env;
  }

  /** The configuration as given, without defaults, environment and overrides. */
  get given(): TracerConfig {
    return this.config;
  }

  /**
   * Changes the configuration of all flows or of one tenant for a limited time.
   *
   * @throws TelemetryConfigError if the change is invalid; nothing has changed then
   */
  async override(change: TracerConfig, options: OverrideOptions): Promise<OverrideHandle> {
    positiveMillis.assert(options.forMillis, 'forMillis');
    this.resolveConfig(mergeTracerConfig(this.config, change));
    return this.changes.run(async () => {
      if (!this.configured) {
        throw new TelemetryError(
          'TELEMETRY_SHUT_DOWN',
          'There is nothing to override. Call `configure` first.',
        );
      }
      const { tenant } = options;
      const changed = mergeTracerConfig(this.config, change);
      if (tenant === undefined) await this.live.override(changed, this.resolveConfig(changed));
      else (this.tenants ?? noTenants()).override(tenant, change);
      return this.overrides.add(change, options, (take) =>
        this.changes.run(async () => {
          if (!take()) return;
          if (tenant === undefined) await this.endOverride();
          else this.tenants?.override(tenant, undefined);
        }),
      );
    });
  }

  /** Adds an exporter to the configured ones. */
  async addExporter(exporter: ExporterOption): Promise<void> {
    await this.reconfigure((current) => {
      const existing = current.exporter ?? this.live.configured?.config.exporters ?? [];
      return { ...current, exporter: [...([existing].flat() as readonly ExporterOption[]), exporter] };
    });
  }

  /** Resolves when every ended span is delivered or dropped, at the latest after `exportTimeoutMillis`. */
  forceFlush(): Promise<void> {
    this.beforeFlush?.();
    return flushAll({ life: this.life, pool: this.pool, tenants: this.tenants });
  }

  /** Delivers the remaining spans and closes all exporters. A later `configure` works again. */
  shutdown(timeoutMillis: number): Promise<void> {
    return this.changes.run(async () => {
      this.wasShutDown = true;
      const begun = performance.now();
      // Look-ups of tenants get half of the time, since their spans must still be delivered.
      await this.tenants?.settled(timeoutMillis / 2);
      const left = timeoutMillis - (performance.now() - begun);
      this.overrides.removeAll();
      this.live.leave();
      this.options.onChange?.();
      void this.tenants?.evictAll();
      void this.temporary.evictAll();
      await this.pool.hurry(left, () => this.life.closeAll(left));
    });
  }

  get configured(): boolean {
    return this.current !== undefined;
  }

  /** Hides the fields when a pipeline is printed, since they lead to credentials. */
  toJSON(): object {
    return { instance: this.options.instance, generation: this.current?.number ?? 0 };
  }

  [inspect.custom](): string {
    return `Pipeline of ${this.options.instance}`;
  }

  status(): DeliveryStatus {
    const exporters = this.pool.status();
    const live = this.life.openGenerations().reduce((sum, generation) => sum + generation.live, 0);
    return {
      configured: this.configured,
      enabled: this.current?.enabled ?? false,
      service: this.current?.config.service.name,
      generation: this.current?.number ?? 0,
      sampler: this.current?.sampler.toString(),
      spans: countSpans(exporters, this.pool.closedTotals, live, this.pool.folded),
      drainingGenerations: this.life.draining,
      activeTenants: this.tenants?.active ?? 0,
      temporaryConfigs: this.temporary.size,
      overrides: this.overrides.status(),
      exporters,
    };
  }

  /** Tests the connection to each exporter's receiver. @throws TelemetryConfigError */
  async verify(change: TracerConfig): Promise<VerifyExportResult> {
    const config = this.resolveConfig(mergeTracerConfig(this.current?.given ?? this.config, change));
    const { verifyExporters } = await import('./verify-export.js');
    return verifyExporters(config);
  }

  drop(reason: DropReason, spans: number): void {
    this.pool.drop(reason, spans);
  }

  slotOver(
    changes: readonly (TracerConfig | undefined)[],
    onUse: (slot: GenerationSlot) => void,
  ): GenerationSlot {
    const given = changes.reduce<TracerConfig>(
      (config, change) => (change === undefined ? config : mergeTracerConfig(config, change)),
      this.current?.given ?? this.config,
    );
    return new GenerationSlot(this.life, given, this.resolveConfig(given), onUse);
  }

  holding(sink: SpanSink, settled: FlowTarget<Generation>): Generation {
    const { generation, given } = this.standIns.holding(sink);
    this.temporary.standIn(given, settled);
    return generation;
  }

  dropping(): Generation {
    return this.standIns.dropping();
  }

  /** Completes a configuration with the environment and the defaults. @throws TelemetryConfigError */
  resolveConfig(config: TracerConfig): ResolvedTracerConfig {
    return resolveTracerConfig(config, this.env, {
      warn: (message) => {
        this.log.warn(`config:${message}`, message);
      },
    });
  }

  private async endOverride(): Promise<void> {
    try {
      await this.live.endOverride(() => ({ given: this.config, resolved: this.resolveConfig(this.config) }));
    } catch (error) {
      this.log.warn('override', `What an override had changed is back as it was built: ${errorText(error)}`);
    }
  }
}
