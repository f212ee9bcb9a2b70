import { MetricReader, type MetricProducer } from '@opentelemetry/sdk-metrics';
import type { PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import { runAsExport } from '../../context/export-context.js';
import { loadOptionalPeer } from '../../base/optional-peer.js';
import { errorText, type RateLimitedLog } from '../../base/rate-limited-log.js';
import { mergeFamilies, withLabels } from './exposition.js';
import type { PrometheusReaderConfig } from '../options/metrics-options.js';
import { ScrapeServer } from './scrape-server.js';
import { withUnitSuffixes } from './unit-suffix.js';

/**
 * The time without a scrape after which the reader collects by itself; otherwise the SDK would keep data
 * for it forever.
 */
const IDLE_READ_MILLIS = 300_000;
/** The time limit for callbacks. Prometheus gives up after ten seconds by default. */
const CALLBACK_LIMIT_MILLIS = 5_000;

const CONFLICTS = {
  types: 'two meters use this name for different types; one is left out of the page.',
  series: 'two series are the same in the smaller alphabet of Prometheus; one is left out of the page.',
};

/** Writes the page that Prometheus scrapes, with the official serialiser. */
export class ScrapeReader extends MetricReader {
  private readonly timer: NodeJS.Timeout;

  private constructor(
    private readonly config: PrometheusReaderConfig,
    private readonly serializer: PrometheusSerializer,
    private readonly log: RateLimitedLog,
    cardinalityLimit: number,
    producers: MetricProducer[],
  ) {
    super({ cardinalitySelector: () => cardinalityLimit, metricProducers: producers });
    this.timer = runAsExport(() =>
      setInterval(() => {
        this.collect({ timeoutMillis: CALLBACK_LIMIT_MILLIS }).catch(() => undefined);
      }, IDLE_READ_MILLIS).unref(),
    );
  }

  /**
   * Creates the reader and loads Prometheus' serialiser.
   *
   * @throws TelemetryConfigError `TELEMETRY_PACKAGE_MISSING` without `@opentelemetry/exporter-prometheus`
   */
  static async open(
    config: PrometheusReaderConfig,
    log: RateLimitedLog,
    cardinalityLimit: number,
    producers: MetricProducer[],
  ): Promise<ScrapeReader> {
    const { PrometheusSerializer } = await loadOptionalPeer(
      {
        name: '@opentelemetry/exporter-prometheus',
        version: '0.223.0',
        newer: '0.301.0',
        path: 'metrics.readers',
      },
      () => import('@opentelemetry/exporter-prometheus'),
    );
    const serializer = new PrometheusSerializer(config.prefix?.replace(/\W/g, '_'));
    return new ScrapeReader(config, serializer, log, cardinalityLimit, producers);
  }

  /** Whether the reader writes a page of a {@link ScrapeServer}. */
  isAt(server: string, path: string): boolean {
    return ScrapeServer.keyOf(this.config) === server && ScrapeServer.pathOf(this.config) === path;
  }

  async page(): Promise<string> {
    const { resourceMetrics, errors } = await runAsExport(() =>
      this.collect({ timeoutMillis: CALLBACK_LIMIT_MILLIS }),
    );
    for (const error of errors) {
      this.log.warn('scrape callback', `An observable's callback failed: ${errorText(error)}`);
    }
    const named = this.config.unitSuffixes === true ? withUnitSuffixes(resourceMetrics) : resourceMetrics;
    return mergeFamilies(this.serializer.serialize(withLabels(named)), (name, conflict) => {
      this.log.warn(`scrape conflict of ${conflict}`, `${name}: ${CONFLICTS[conflict]}`);
    });
  }

  /** Closes a reader that was never used. */
  closeUnused(): Promise<void> {
    return this.onShutdown();
  }

  protected onForceFlush(): Promise<void> {
    return Promise.resolve();
  }

  protected onShutdown(): Promise<void> {
    clearInterval(this.timer);
    return Promise.resolve();
  }
}
