import { LATENCY_SECONDS } from '../config/defaults.js';
import type {
  BatchObservableCallback,
  Attributes,
  Counter,
  Histogram,
  Meter,
  Observable,
  UpDownCounter,
} from '@opentelemetry/api';
import type { CallMeter, HistogramDefinition, ObservedDefinition } from '../pipeline/call-meter.js';
import { errorText, type RateLimitedLog } from '../base/rate-limited-log.js';

/** The most histograms, since span names may be made up at run time. */
const MAX_NAMES = 1000;

/** The histograms of spans with the option `metric`. */
export class CallMetrics implements CallMeter {
  private readonly histograms = new Map<string, Histogram | undefined>();
  private readonly open = new Map<string, UpDownCounter>();
  private readonly counters = new Map<string, Counter | undefined>();
  private tenants: Counter | undefined;

  constructor(
    private readonly meter: () => Meter,
    private readonly isEnabled: () => boolean,
    private readonly countsTenants: () => boolean,
    private readonly log: RateLimitedLog,
  ) {}

  get enabled(): boolean {
    return this.isEnabled();
  }

  recordCall(name: string, seconds: number, attributes: Attributes): void {
    this.record(
      { name, description: 'Duration of calls.', unit: 's', boundaries: LATENCY_SECONDS },
      seconds,
      attributes,
    );
  }

  countCalls(name: string, count: number, attributes: Attributes): void {
    let counter = this.counters.get(name);
    if (counter === undefined && !this.counters.has(name) && this.counters.size < MAX_NAMES) {
      counter = this.meter().createCounter(name, { description: 'Number of messages.', unit: '{message}' });
      this.counters.set(name, counter);
    }
    counter?.add(count, attributes);
  }

  countOpen(name: string, change: number, attributes: Attributes): void {
    let counter = this.open.get(name);
    if (counter === undefined) {
      counter = this.meter().createUpDownCounter(name, { description: 'Number of open connections.' });
      this.open.set(name, counter);
    }
    counter.add(change, attributes);
  }

  countTenant(tenant: string): void {
    if (!this.isEnabled() || !this.countsTenants()) return;
    this.tenants ??= this.meter().createCounter('nestjs.tenant.entries', {
      description: 'Requests, messages, jobs and other entries, by tenant.',
      unit: '{entry}',
    });
    this.tenants.add(1, { 'nestjs.tenant': tenant });
  }

  record(definition: HistogramDefinition, value: number, attributes: Attributes): void {
    const { name } = definition;
    let histogram = this.histograms.get(name);
    if (histogram === undefined && !this.histograms.has(name) && this.histograms.size < MAX_NAMES) {
      histogram = this.create(definition);
      this.histograms.set(name, histogram);
    }
    histogram?.record(value, attributes);
  }

  observe(
    definitions: readonly ObservedDefinition[],
    read: (tell: (name: string, value: number, attributes: Attributes) => void) => void,
  ): void {
    const meter = this.meter();
    const figures = new Map<string, Observable>();
    for (const { name, isTotal = false, ...options } of definitions) {
      const create = isTotal ? 'createObservableCounter' : 'createObservableUpDownCounter';
      figures.set(name, meter[create](name, options));
    }
    const observeAll: BatchObservableCallback = (result) => {
      if (!this.isEnabled()) return;
      read((name, value, attributes) => {
        const figure = figures.get(name);
        if (figure !== undefined) result.observe(figure, value, attributes);
      });
    };
    meter.addBatchObservableCallback(observeAll, [...figures.values()]);
  }

  private create({ name, description, unit, boundaries }: HistogramDefinition): Histogram | undefined {
    try {
      return this.meter().createHistogram(name, {
        description,
        unit,
        advice: { explicitBucketBoundaries: [...boundaries] },
      });
    } catch (error) {
      this.log.warn('call metric', `Calls are not measured: ${errorText(error)}`);
      return undefined;
    }
  }
}
