import type {
  Counter,
  Gauge,
  Histogram,
  MetricOptions,
  ObservableCounter,
  ObservableGauge,
  ObservableUpDownCounter,
  UpDownCounter,
} from '@opentelemetry/api';
import type { MeterManager } from '../../metrics/meter-manager.js';

/** Options of an instrument as in nestjs-otel: the API's, and a prefix. */
export interface OtelMetricOptions extends MetricOptions {
  /** The prefix of the name, followed by a dot; default none. */
  readonly prefix?: string;
}

/** Returns the name of an instrument with its prefix. */
export function instrumentName(name: string, { prefix = '' }: OtelMetricOptions = {}): string {
  return prefix === '' ? name : `${prefix}.${name}`;
}

/**
 * Offers {@link MeterManager} under the method names of nestjs-otel. A repeated name returns the same
 * instrument.
 *
 * @throws TelemetryError `TELEMETRY_INSTRUMENT_CONFLICT` from each method for a name that another kind of
 *   instrument has
 */
export class MetricService {
  constructor(private readonly meters: MeterManager) {}

  /** Returns a counter, which only grows. */
  getCounter(name: string, options?: OtelMetricOptions): Counter {
    return this.meters.counter(instrumentName(name, options), options);
  }

  /** Returns an up-down counter, which grows and shrinks. */
  getUpDownCounter(name: string, options?: OtelMetricOptions): UpDownCounter {
    return this.meters.upDownCounter(instrumentName(name, options), options);
  }

  /** Returns a histogram. */
  getHistogram(name: string, options?: OtelMetricOptions): Histogram {
    return this.meters.histogram(instrumentName(name, options), options);
  }

  /** Returns a gauge. */
  getGauge(name: string, options?: OtelMetricOptions): Gauge {
    return this.meters.gauge(instrumentName(name, options), options);
  }

  /** Returns an observable counter; callbacks of `addCallback` run at each export. */
  getObservableCounter(name: string, options?: OtelMetricOptions): ObservableCounter {
    return this.meters.getMeter().createObservableCounter(instrumentName(name, options), options);
  }

  /** Returns an observable up-down counter; callbacks of `addCallback` run at each export. */
  getObservableUpDownCounter(name: string, options?: OtelMetricOptions): ObservableUpDownCounter {
    return this.meters.getMeter().createObservableUpDownCounter(instrumentName(name, options), options);
  }

  /** Returns an observable gauge; callbacks of `addCallback` run at each export. */
  getObservableGauge(name: string, options?: OtelMetricOptions): ObservableGauge {
    return this.meters.getMeter().createObservableGauge(instrumentName(name, options), options);
  }
}
