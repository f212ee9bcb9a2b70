import { MetricReader, type MetricProducer } from '@opentelemetry/sdk-metrics';
import type { PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import { runAsExport } from '../pipeline/queue/export-context.js';
import { loadOptionalPeer } from '../pipeline/optional-peer.js';
import { errorText, type RateLimitedLog } from '../pipeline/rate-limited-log.js';
import { mergeFamilies, withLabels } from './exposition.js';
import type { PrometheusReaderConfig } from './metrics-options.js';

/** A page that nobody reads is read here, since the SDK keeps what other readers have seen and this one has not. */
const IDLE_READ_MILLIS = 300_000;
const CALLBACK_LIMIT_MILLIS = 10_000;

/** Writes the page that Prometheus scrapes, with the official serialiser. */
export class ScrapeReader extends MetricReader {
  private readonly timer: NodeJS.Timeout;

  private constructor(
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

  /** @throws TelemetryConfigError `TELEMETRY_PACKAGE_MISSING` without `@opentelemetry/exporter-prometheus` */
  static async open(
    { prefix }: PrometheusReaderConfig,
    log: RateLimitedLog,
    cardinalityLimit: number,
    producers: MetricProducer[],
  ): Promise<ScrapeReader> {
    const { PrometheusSerializer } = await loadOptionalPeer(
      '@opentelemetry/exporter-prometheus',
      '0.223.0',
      'metrics.readers',
      () => import('@opentelemetry/exporter-prometheus'),
    );
    return new ScrapeReader(new PrometheusSerializer(prefix), log, cardinalityLimit, producers);
  }

  async page(): Promise<string> {
    const { resourceMetrics, errors } = await runAsExport(() =>
      this.collect({ timeoutMillis: CALLBACK_LIMIT_MILLIS }),
    );
    for (const error of errors) {
      this.log.warn('scrape callback', `An observable's callback failed: ${errorText(error)}`);
    }
    return mergeFamilies(this.serializer.serialize(withLabels(resourceMetrics)), (name) => {
      this.log.warn(
        'scrape conflict',
        `Two meters use the name ${name} for different types; one is left out.`,
      );
    });
  }

  /** Closes a reader that was never used. */
  discard(): Promise<void> {
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
