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
import type { MeterManager } from '../metrics/meter-manager.js';

/**
 * {@link MeterManager} under the names of nestjs-otel. A name that is asked for twice gives the same instrument.
 *
 * @throws TelemetryError `TELEMETRY_INSTRUMENT_CONFLICT` from each method for a name that is taken by another instrument
 */
export class MetricService {
  constructor(private readonly meters: MeterManager) {}

  getCounter(name: string, options?: MetricOptions): Counter {
    return this.meters.counter(name, options);
  }

  getUpDownCounter(name: string, options?: MetricOptions): UpDownCounter {
    return this.meters.upDownCounter(name, options);
  }

  getHistogram(name: string, options?: MetricOptions): Histogram {
    return this.meters.histogram(name, options);
  }

  getGauge(name: string, options?: MetricOptions): Gauge {
    return this.meters.gauge(name, options);
  }

  getObservableCounter(name: string, options?: MetricOptions): ObservableCounter {
    return this.meters.getMeter().createObservableCounter(name, options);
  }

  getObservableUpDownCounter(name: string, options?: MetricOptions): ObservableUpDownCounter {
    return this.meters.getMeter().createObservableUpDownCounter(name, options);
  }

  getObservableGauge(name: string, options?: MetricOptions): ObservableGauge {
    return this.meters.getMeter().createObservableGauge(name, options);
  }
}
