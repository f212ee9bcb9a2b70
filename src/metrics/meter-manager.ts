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
 * Everything a service does with metrics of its module. Inject it; keep the instruments as long as you like,
 * they follow every reconfiguration and measure nothing while metrics are off.
 *
 * The methods that make instruments are meant for constructors: a name that is asked for twice
 * gives the same instrument, and one that is taken by an instrument of another kind, unit, value
 * type or buckets is an error.
 */
export class MeterManager implements MeterProvider {
  /** @internal */
  constructor(
    private readonly pipeline: MeterPipeline,
    private readonly defaults: { readonly meter?: string } = {},
  ) {}

  /**
   * A meter for code that wants the OpenTelemetry API. @param name - instrumentation scope;
   * default the module's own
   */
  getMeter(name?: string, version?: string): Meter {
    const { meter = LIBRARY_SCOPE.name } = this.defaults;
    if (name !== undefined && name !== '') return this.pipeline.meter(name, version);
    return this.pipeline.meter(meter, meter === LIBRARY_SCOPE.name ? LIBRARY_SCOPE.version : undefined);
  }

  /**
   * Something that only grows. @throws TelemetryError `TELEMETRY_INSTRUMENT_CONFLICT`, TelemetryConfigError
   */
  counter<A extends Attributes = Attributes>(name: string, options?: MetricOptions): Counter<A> {
    return this.getMeter().createCounter<A>(name, options);
  }

  /**
   * Something that grows and shrinks. @throws TelemetryError
   * `TELEMETRY_INSTRUMENT_CONFLICT`, TelemetryConfigError
   */
  upDownCounter<A extends Attributes = Attributes>(name: string, options?: MetricOptions): UpDownCounter<A> {
    return this.getMeter().createUpDownCounter<A>(name, options);
  }

  /**
   * How values are distributed; give `unit` and `advice.explicitBucketBoundaries`. @throws
   * TelemetryError, TelemetryConfigError
   */
  histogram<A extends Attributes = Attributes>(name: string, options?: MetricOptions): Histogram<A> {
    return this.getMeter().createHistogram<A>(name, options);
  }

  /** A value that is set. @throws TelemetryError `TELEMETRY_INSTRUMENT_CONFLICT`, TelemetryConfigError */
  gauge<A extends Attributes = Attributes>(name: string, options?: MetricOptions): Gauge<A> {
    return this.getMeter().createGauge<A>(name, options);
  }

  /** A total that is asked for at each export. @throws TelemetryError, TelemetryConfigError */
  observableCounter<A extends Attributes = Attributes>(
    name: string,
    callback: ObservableCallback<A>,
    options?: MetricOptions,
  ): ObservableCounter<A> {
    const observable = this.getMeter().createObservableCounter<A>(name, options);
    observable.addCallback(callback);
    return observable;
  }

  /** An amount that is asked for at each export. @throws TelemetryError, TelemetryConfigError */
  observableUpDownCounter<A extends Attributes = Attributes>(
    name: string,
    callback: ObservableCallback<A>,
    options?: MetricOptions,
  ): ObservableUpDownCounter<A> {
    const observable = this.getMeter().createObservableUpDownCounter<A>(name, options);
    observable.addCallback(callback);
    return observable;
  }

  /** A value that is asked for at each export. @throws TelemetryError, TelemetryConfigError */
  observableGauge<A extends Attributes = Attributes>(
    name: string,
    callback: ObservableCallback<A>,
    options?: MetricOptions,
  ): ObservableGauge<A> {
    const observable = this.getMeter().createObservableGauge<A>(name, options);
    observable.addCallback(callback);
    return observable;
  }

  /** Whether anything is measured: there is a reader, and telemetry is on. */
  isEnabled(): boolean {
    return this.pipeline.enabled;
  }

  /**
   * Changes the option `metrics` while the app runs; what the change leaves out stays. Service, receivers and
   * whether telemetry is on come from `TracerManager.reconfigure`.
   *
   * @throws TelemetryConfigError - nothing has changed then
   */
  async reconfigure(change: MetricsOptions | false): Promise<void> {
    await this.pipeline.configure(change);
  }

  /** Reports the exports and failures of each reader; contains no secret. */
  status(): MetricsStatus {
    return this.pipeline.status();
  }

  /** The page that Prometheus would get; empty without a reader for it. */
  scrape(): Promise<string> {
    return this.pipeline.scrape();
  }

  /** Ports on which scrape pages are served, in order of their readers. */
  scrapePorts(): number[] {
    return this.pipeline.scrapePorts();
  }

  /** Exports now; resolves when every reader is done. */
  forceFlush(): Promise<void> {
    return this.pipeline.forceFlush();
  }

  /**
   * A manager of this instance's meters for another module.
   *
   * @param defaults - `meter`: instrumentation scope of instruments that name no meter;
   *   default `nestjs-telemetry`
   */
  withDefaults(defaults: { readonly meter?: string }): MeterManager {
    return new MeterManager(this.pipeline, defaults);
  }
}
