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
  /** Prefix of the name; a dot is put between. */
  readonly prefix?: string;
}

/** The name of an instrument with its prefix. */
export function instrumentName(name: string, { prefix = '' }: OtelMetricOptions = {}): string {
  return prefix === '' ? name : `${prefix}.${name}`;
}

/**
 * {@link MeterManager} under the names of nestjs-otel. A name that is asked for twice
 * gives the same instrument.
 *
 * @throws TelemetryError `TELEMETRY_INSTRUMENT_CONFLICT` from each method for a name that is
 *   taken by another instrument
 */
export class MetricService {
  constructor(private readonly meters: MeterManager) {}

  /** A counter, which only grows. */
  getCounter(name: string, options?: OtelMetricOptions): Counter {
    return this.meters.counter(instrumentName(name, options), options);
  }

  /** An up-down counter, which grows and shrinks. */
  getUpDownCounter(name: string, options?: OtelMetricOptions): UpDownCounter {
    return this.meters.upDownCounter(instrumentName(name, options), options);
  }

  /** A histogram. */
  getHistogram(name: string, options?: OtelMetricOptions): Histogram {
    return this.meters.histogram(instrumentName(name, options), options);
  }

  /** A gauge. */
  getGauge(name: string, options?: OtelMetricOptions): Gauge {
    return this.meters.gauge(instrumentName(name, options), options);
  }

  /** An observable counter; `addCallback` says who is asked at each export. */
  getObservableCounter(name: string, options?: OtelMetricOptions): ObservableCounter {
    return this.meters.getMeter().createObservableCounter(instrumentName(name, options), options);
  }

  /** An observable up-down counter; `addCallback` says who is asked at each export. */
  getObservableUpDownCounter(name: string, options?: OtelMetricOptions): ObservableUpDownCounter {
    return this.meters.getMeter().createObservableUpDownCounter(instrumentName(name, options), options);
  }

  /** An observable gauge; `addCallback` says who is asked at each export. */
  getObservableGauge(name: string, options?: OtelMetricOptions): ObservableGauge {
    return this.meters.getMeter().createObservableGauge(instrumentName(name, options), options);
  }
}
