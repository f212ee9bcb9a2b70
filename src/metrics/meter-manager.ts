import type {
  Attributes,
  Counter,
  Gauge,
  Histogram,
  Meter,
  MeterProvider,
  MetricOptions,
  ObservableCallback,
  ObservableCounter,
  ObservableGauge,
  ObservableUpDownCounter,
  UpDownCounter,
} from '@opentelemetry/api';
import type { MeterPipeline } from './meter-pipeline.js';
import type { MetricsStatus } from './readers/metrics-status.js';
import type { MetricsOptions } from './options/metrics-options.js';
import { LIBRARY_SCOPE } from '../base/version.js';

/**
 * Creates instruments for a module's services. Inject it and keep the instruments: they follow every
 * reconfiguration, and measure nothing while metrics are off.
 *
 * Call its methods in constructors. A repeated name returns the same instrument; a second definition with
 * another kind, unit, value type or buckets is an error.
 */
export class MeterManager implements MeterProvider {
  /** @internal */
  constructor(
    private readonly pipeline: MeterPipeline,
    private readonly defaults: { readonly meter?: string } = {},
  ) {}

  /**
   * Returns a meter with the OpenTelemetry API. @param name - the instrumentation scope; default: the
   * module's own
   */
  getMeter(name?: string, version?: string): Meter {
    const { meter = LIBRARY_SCOPE.name } = this.defaults;
    if (name !== undefined && name !== '') return this.pipeline.meter(name, version);
    return this.pipeline.meter(meter, meter === LIBRARY_SCOPE.name ? LIBRARY_SCOPE.version : undefined);
  }

  /**
   * Returns a counter, which only grows. @throws TelemetryError `TELEMETRY_INSTRUMENT_CONFLICT`,
   * TelemetryConfigError
   */
  counter<A extends Attributes = Attributes>(name: string, options?: MetricOptions): Counter<A> {
    return this.getMeter().createCounter<A>(name, options);
  }

  /**
   * Returns an up-down counter, which grows and shrinks. @throws TelemetryError
   * `TELEMETRY_INSTRUMENT_CONFLICT`, TelemetryConfigError
   */
  upDownCounter<A extends Attributes = Attributes>(name: string, options?: MetricOptions): UpDownCounter<A> {
    return this.getMeter().createUpDownCounter<A>(name, options);
  }

  /**
   * Returns a histogram for a distribution; pass `unit` and `advice.explicitBucketBoundaries`. @throws
   * TelemetryError, TelemetryConfigError
   */
  histogram<A extends Attributes = Attributes>(name: string, options?: MetricOptions): Histogram<A> {
    return this.getMeter().createHistogram<A>(name, options);
  }

  /**
   * Returns a gauge, whose value is set. @throws TelemetryError `TELEMETRY_INSTRUMENT_CONFLICT`,
   * TelemetryConfigError
   */
  gauge<A extends Attributes = Attributes>(name: string, options?: MetricOptions): Gauge<A> {
    return this.getMeter().createGauge<A>(name, options);
  }

  /**
   * Returns an observable counter; callbacks report its total at each export. @throws TelemetryError,
   * TelemetryConfigError
   */
  observableCounter<A extends Attributes = Attributes>(
    name: string,
    callback: ObservableCallback<A>,
    options?: MetricOptions,
  ): ObservableCounter<A> {
    const observable = this.getMeter().createObservableCounter<A>(name, options);
    observable.addCallback(callback);
    return observable;
  }

  /**
   * Returns an observable up-down counter; callbacks report its amount at each export. @throws
   * TelemetryError, TelemetryConfigError
   */
  observableUpDownCounter<A extends Attributes = Attributes>(
    name: string,
    callback: ObservableCallback<A>,
    options?: MetricOptions,
  ): ObservableUpDownCounter<A> {
    const observable = this.getMeter().createObservableUpDownCounter<A>(name, options);
    observable.addCallback(callback);
    return observable;
  }

  /**
   * Returns an observable gauge; callbacks report its value at each export. @throws TelemetryError,
   * TelemetryConfigError
   */
  observableGauge<A extends Attributes = Attributes>(
    name: string,
    callback: ObservableCallback<A>,
    options?: MetricOptions,
  ): ObservableGauge<A> {
    const observable = this.getMeter().createObservableGauge<A>(name, options);
    observable.addCallback(callback);
    return observable;
  }

  /** Whether anything is measured: telemetry is on and there is a reader. */
  isEnabled(): boolean {
    return this.pipeline.enabled;
  }

  /**
   * Merges a change into the option `metrics`. Service, receivers and whether telemetry is on follow
   * `TracerManager.reconfigure`.
   *
   * @throws TelemetryConfigError if the change is invalid; nothing has changed then
   */
  async reconfigure(change: MetricsOptions | false): Promise<void> {
    await this.pipeline.configure(change);
  }

  /** Returns the exports and failures of each reader; contains no secret. */
  status(): MetricsStatus {
    return this.pipeline.status();
  }

  /** Returns the page for Prometheus; empty without a reader for it. */
  scrape(): Promise<string> {
    return this.pipeline.scrape();
  }

  /** Returns the ports that serve scrape pages, in the order of their readers. */
  scrapePorts(): number[] {
    return this.pipeline.scrapePorts();
  }

  /** Exports now; resolves when every reader is done. */
  forceFlush(): Promise<void> {
    return this.pipeline.forceFlush();
  }

  /**
   * Returns a manager of this instance's meters for another module.
   *
   * @param defaults - `meter`: the instrumentation scope of instruments without a named meter; default
   *   `nestjs-telemetry`
   */
  withDefaults(defaults: { readonly meter?: string }): MeterManager {
    return new MeterManager(this.pipeline, defaults);
  }
}
