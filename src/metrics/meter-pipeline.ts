import type { Meter } from '@opentelemetry/api';
import { errorText, type RateLimitedLog } from '../base/rate-limited-log.js';
import { InOrder } from '../base/in-order.js';
import { LIBRARY_SCOPE } from '../base/version.js';
import type { ExportListener } from '../pipeline/queue/delivery.js';
import type { ExporterStatus } from '../pipeline/span-sink.js';
import { CallMetrics } from './call-metrics.js';
import { HttpMetrics } from './requests/http-metrics.js';
import type { BaggageAttributes } from './instruments/held-instrument.js';
import { InstanceMeter } from './instruments/instance-meter.js';
import type { MeterGeneration } from './meter-generation.js';
import type { MetricsOptions, PrometheusReaderConfig } from './options/metrics-options.js';
import { metricsOptionsCheck } from './options/metrics-options-check.js';
import { planMetrics, type MetricsPlan, type PlanSource } from './options/metrics-plan.js';
import type { MetricsStatus } from './readers/metrics-status.js';
import { RuntimeMetrics } from './runtime-metrics.js';
import { ScrapeServer } from './readers/scrape-server.js';
import { createSelfMetrics, type PipelineHealth } from './self-metrics.js';

/** Options of a {@link MeterPipeline}. */
export interface MeterPipelineOptions {
  /** The instance's name in log lines. */
  readonly instance: string;
  readonly log: RateLimitedLog;
  readonly metrics: MetricsOptions | false;
  /** The environment to read, never written; default `process.env`. */
  readonly env?: NodeJS.ProcessEnv;
  /** The time limit for the last export of a replaced configuration, in milliseconds. */
  readonly closeTimeoutMillis: number;
  /** Returns the counts of spans, for `otel.sdk.*`. */
  readonly health?: () => PipelineHealth | undefined;
  /** Returns attributes for the user's counters, histograms and gauges. */
  readonly flowAttributes?: BaggageAttributes | undefined;
}

/**
 * Takes one instance's measurements to its readers. The configuration can be replaced at any time.
 *
 * Metrics follow the configuration of spans: service, receivers and whether telemetry is on. When readers,
 * resource or views change, a new generation begins at zero and the old one exports its counts, so that
 * each receiver gets what was measured for it and nothing is lost. Any other change leaves the series as
 * they are.
 */
export class MeterPipeline {
  private readonly meters = new Map<string, InstanceMeter>();
  private readonly servers = new Map<string, ScrapeServer>();
  private readonly closing = new Set<Promise<void>>();
  private readonly refused = new Set<string>();
  private readonly http: HttpMetrics;
  /** Measures calls with the option `metric`. */
  readonly calls: CallMetrics;
  /** Called after every export of spans. */
  readonly onSpanExport: ExportListener;
  private readonly runtime = new RuntimeMetrics();
  // A private field: the options hold credentials, which `inspect` would show.
  readonly #options: MeterPipelineOptions;
  #metrics: MetricsOptions | false;
  #source: PlanSource | undefined;
  private live: MeterGeneration | undefined;
  private generations = 0;
  private scraped = false;
  /** Stays set while the last readers are closing. */
  private showsSelf = false;
  private readonly changes = new InOrder();

  constructor(options: MeterPipelineOptions) {
    this.#options = options;
    this.#metrics = options.metrics;
    this.http = new HttpMetrics(this.libraryMeter);
    this.calls = new CallMetrics(
      () => this.libraryMeter,
      () => this.enabled,
      () => this.#metrics !== false && this.#metrics.tenants === true,
      options.log,
    );
    const told = createSelfMetrics(this.libraryMeter, () =>
      this.showsSelf ? options.health?.() : undefined,
    );
    this.onSpanExport = (...outcome) => {
      if (this.showsSelf) told(...outcome);
    };
  }

  /** The meter of the library's own instruments. */
  get libraryMeter(): Meter {
    return this.meter(LIBRARY_SCOPE.name, LIBRARY_SCOPE.version);
  }

  /** The meter of requests; absent while they are not measured. */
  get requestMeter(): HttpMetrics | undefined {
    return this.live?.requests === undefined ? undefined : this.http;
  }

  get enabled(): boolean {
    return this.live !== undefined;
  }

  meter(name: string, version: string | undefined): InstanceMeter {
    const key = `${name}@${version ?? ''}`;
    let meter = this.meters.get(key);
    if (meter === undefined)
      this.meters.set(
        key,
        (meter = new InstanceMeter(name, version, this.live, this.#options.flowAttributes)),
      );
    return meter;
  }

  /**
   * Follows a configuration of spans, or none. @throws TelemetryConfigError if it is invalid; nothing has
   * changed then
   */
  follow(source: PlanSource | undefined): Promise<void> {
    this.#source = source;
    return this.changes.run(() => this.applyPlan());
  }

  /**
   * Merges a change into the options. @throws TelemetryConfigError if it is invalid; nothing has changed
   * then
   */
  async configure(change: MetricsOptions | false): Promise<void> {
    metricsOptionsCheck.assert(change, 'metrics');
    return this.changes.run(async () => {
      const before = this.#metrics;
      const metrics = change === false || before === false ? change : { ...before, ...change };
      metricsOptionsCheck.assert(metrics, 'metrics');
      this.#metrics = metrics;
      await this.applyPlan().catch((error: unknown) => {
        this.#metrics = before;
        throw error;
      });
    });
  }

  /**
   * Starts a scrape page, if anything is measured. @throws TelemetryConfigError if its package is not
   * installed
   */
  serveScrapes(): Promise<void> {
    this.scraped = true;
    return this.changes.run(() => this.applyPlan());
  }

  /** Returns the page for Prometheus; empty while metrics are off. */
  async scrape(): Promise<string> {
    return (await this.live?.scrape()) ?? '';
  }

  /** Returns the ports that serve scrape pages. */
  scrapePorts(): number[] {
    return [...this.servers.values()].map(({ port }) => port);
  }

  status(): MetricsStatus {
    return {
      enabled: this.enabled,
      generation: this.generations,
      readers: this.live?.status() ?? [],
    };
  }

  async forceFlush(): Promise<void> {
    await this.changes.settled();
    await this.live?.forceFlush();
    await Promise.all(this.closing);
  }

  /** Exports the pending measurements and closes all readers; a later `follow` works again. */
  async shutdown(timeoutMillis: number): Promise<void> {
    this.#source = undefined;
    await this.changes.run(() => this.applyPlan(timeoutMillis));
    await Promise.all(this.closing);
  }

  private async applyPlan(timeoutMillis = this.#options.closeTimeoutMillis): Promise<void> {
    const plan = this.plan();
    if (plan?.key === this.live?.plan.key) return;
    const next = plan && (await this.build(plan));
    try {
      await this.openServers(plan);
      await this.runtime.start(plan?.runtime);
    } catch (error) {
      this.closeServers(this.live?.plan);
      await next?.close(0);
      throw error;
    }
    const previous = this.live;
    this.live = next;
    if (plan !== undefined) this.showsSelf = plan.self;
    this.generations += 1;
    for (const meter of this.meters.values()) meter.bindInstruments(next);
    this.runtime.follow(next, plan?.runtime);
    this.http.series = next?.requests;
    this.closeServers(plan);
    if (previous !== undefined) this.closeReplaced(previous, timeoutMillis);
  }

  private plan(): MetricsPlan | undefined {
    const { refused, scraped } = this;
    const [source, options] = [this.#source, this.#options];
    if (source === undefined) return undefined;
    return planMetrics(this.#metrics, source, {
      env: options.env ?? process.env,
      warn: (message) => {
        options.log.warn(`metrics config:${message}`, message);
      },
      refused,
      scraped,
    });
  }

  private async build(plan: MetricsPlan): Promise<MeterGeneration> {
    const { instance, log } = this.#options;
    // The SDK is only loaded if anything is measured.
    const { MeterGeneration } = await import('./meter-generation.js');
    return MeterGeneration.build(plan, {
      instance,
      log,
      owner: this,
      isNeeded: (given) => this.uses(given),
      isToldBySpans: ({ code }) =>
        this.#options.health?.()?.status.exporters.some((sink) => failsWith(sink, code)) === true,
      onRefused: (target, { code }) => {
        this.refused.add(target);
        log.warn(
          `metrics refused ${target}`,
          `${instance}: the receiver of spans takes no metrics (${code}), so none are sent there. ` +
            'Name another with `metrics: { readers }`, or say `metrics: false`.',
        );
        this.changes.run(() => this.applyPlan()).catch(this.complain);
      },
    });
  }

  private uses(given: object): boolean {
    const readers = this.live?.plan.readers ?? [];
    return readers.some(
      (planned) =>
        ('exporter' in planned && planned.exporter === given) ||
        ('reader' in planned && planned.reader === given),
    );
  }

  private async openServers(plan: MetricsPlan | undefined): Promise<void> {
    for (const [server, config] of serversOf(plan)) {
      if (this.servers.has(server)) continue;
      const page = async (path: string): Promise<string | undefined> => this.live?.scrape({ server, path });
      this.servers.set(server, await ScrapeServer.open(config, page));
    }
  }

  /** Closes servers that are not in the plan. */
  private closeServers(plan: MetricsPlan | undefined): void {
    const wanted = serversOf(plan);
    for (const [key, server] of this.servers) {
      if (wanted.has(key)) continue;
      this.servers.delete(key);
      server.close();
    }
  }

  private closeReplaced(generation: MeterGeneration, timeoutMillis: number): void {
    const closed = generation.close(timeoutMillis).finally(() => {
      this.closing.delete(closed);
    });
    this.closing.add(closed);
  }

  /** Reports errors of background work. */
  readonly complain = (error: unknown): void => {
    const { instance, log } = this.#options;
    log.warn('metrics config', `${instance}: metrics go on as they were: ${errorText(error)}`);
  };
}

/** Whether a queue's newest export has failed with this code. */
function failsWith({ lastError, lastSuccessAt }: ExporterStatus, code: string): boolean {
  return lastError?.code === code && (lastSuccessAt === undefined || lastSuccessAt <= lastError.at);
}

/** Returns the ports of a plan's scrape pages. */
function serversOf(plan: MetricsPlan | undefined): Map<string, PrometheusReaderConfig> {
  const scrapes = (plan?.readers ?? []).flatMap((reader) => ('scrape' in reader ? [reader.scrape] : []));
  const served = scrapes.filter(({ port }) => port !== undefined);
  return new Map(served.map((config) => [ScrapeServer.keyOf(config), config]));
}
