import type {
  BatchObservableCallback,
  Counter,
  Gauge,
  Histogram,
  Meter,
  MetricOptions,
  Observable,
  ObservableCounter,
  ObservableGauge,
  ObservableUpDownCounter,
  UpDownCounter,
} from '@opentelemetry/api';
import {
  HeldCounter,
  HeldGauge,
  HeldHistogram,
  HeldUpDownCounter,
  type BaggageAttributes,
  type HeldInstrument,
} from './held-instrument.js';
import { HeldBatchCallback, HeldObservable } from './held-observable.js';
import {
  checkDefinition,
  checkSame,
  type InstrumentDefinition,
  type InstrumentKind,
} from './instrument-definition.js';
import type { SeriesLimiter } from './series-limiter.js';

/** The live configuration of meters: where instruments record, and their limit of series. */
export interface MeterBinding {
  meter(name: string, version: string | undefined): Meter;
  /** Returns a new limiter of series, if the SDK's own limit does not suffice. */
  limiter(definition: InstrumentDefinition, meter: string): SeriesLimiter | undefined;
}

const HELD: Readonly<
  Record<
    InstrumentKind,
    new (definition: InstrumentDefinition, flowAttributes?: BaggageAttributes) => HeldInstrument
  >
> = {
  counter: HeldCounter,
  upDownCounter: HeldUpDownCounter,
  histogram: HeldHistogram,
  gauge: HeldGauge,
  observableCounter: HeldObservable,
  observableUpDownCounter: HeldObservable,
  observableGauge: HeldObservable,
};

/**
 * A meter whose instruments outlive every configuration. A repeated name returns the same instrument.
 *
 * @throws TelemetryError `TELEMETRY_INSTRUMENT_CONFLICT` from each method if the name exists with another
 *   kind, unit, value type or buckets; TelemetryConfigError if the name is invalid
 */
export class InstanceMeter implements Meter {
  private readonly instruments = new Map<string, HeldInstrument>();
  private batches: HeldBatchCallback[] = [];
  private live: Meter | undefined;

  constructor(
    private readonly name: string,
    private readonly version: string | undefined,
    private binding: MeterBinding | undefined,
    private readonly flowAttributes?: BaggageAttributes,
  ) {
    this.live = binding?.meter(name, version);
  }

  /** Binds all instruments to another configuration, or to none. */
  bindInstruments(binding: MeterBinding | undefined): void {
    this.binding = binding;
    this.live = binding?.meter(this.name, this.version);
    for (const instrument of this.instruments.values()) this.bindOne(instrument);
    for (const batch of this.batches) batch.bindToMeter(this.live);
  }

  createCounter(name: string, options?: MetricOptions): Counter {
    return this.held('counter', name, options) as HeldCounter;
  }

  createUpDownCounter(name: string, options?: MetricOptions): UpDownCounter {
    return this.held('upDownCounter', name, options) as HeldUpDownCounter;
  }

  createHistogram(name: string, options?: MetricOptions): Histogram {
    return this.held('histogram', name, options) as HeldHistogram;
  }

  createGauge(name: string, options?: MetricOptions): Gauge {
    return this.held('gauge', name, options) as HeldGauge;
  }

  createObservableCounter(name: string, options?: MetricOptions): ObservableCounter {
    return this.held('observableCounter', name, options) as HeldObservable;
  }

  createObservableUpDownCounter(name: string, options?: MetricOptions): ObservableUpDownCounter {
    return this.held('observableUpDownCounter', name, options) as HeldObservable;
  }

  createObservableGauge(name: string, options?: MetricOptions): ObservableGauge {
    return this.held('observableGauge', name, options) as HeldObservable;
  }

  addBatchObservableCallback(callback: BatchObservableCallback, observables: Observable[]): void {
    if (this.batches.some((batch) => batch.matches(callback, observables))) return;
    const batch = new HeldBatchCallback(callback, [...observables]);
    this.batches.push(batch);
    batch.bindToMeter(this.live);
  }

  removeBatchObservableCallback(callback: BatchObservableCallback, observables: Observable[]): void {
    const removed = this.batches.filter((batch) => batch.matches(callback, observables));
    this.batches = this.batches.filter((batch) => !removed.includes(batch));
    for (const batch of removed) batch.unbind();
  }

  private held(kind: InstrumentKind, name: string, options: MetricOptions = {}): HeldInstrument {
    const definition: InstrumentDefinition = { kind, name, options };
    // Receivers ignore the case of names.
    const existing = this.instruments.get(name.toLowerCase());
    if (existing !== undefined) {
      checkSame(existing.definition, definition, this.name);
      return existing;
    }
    checkDefinition(definition);
    const instrument = new HELD[kind](definition, this.flowAttributes);
    this.instruments.set(name.toLowerCase(), instrument);
    this.bindOne(instrument);
    return instrument;
  }

  private bindOne(instrument: HeldInstrument): void {
    instrument.bindToMeter(this.live, this.binding?.limiter(instrument.definition, this.name));
  }
}
