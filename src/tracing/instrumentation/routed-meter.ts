import {
  createNoopMeter,
  type Attributes,
  type BatchObservableCallback,
  type Context,
  type Counter,
  type Gauge,
  type Histogram,
  type Meter,
  type MetricOptions,
  type Observable,
  type ObservableCallback,
  type UpDownCounter,
} from '@opentelemetry/api';
import { FlowContext } from '../../context/flow-context.js';
import { errorText } from '../../base/rate-limited-log.js';
import type { InstrumentedInstance } from './instrumented-instance.js';
import type { ChooseInstance } from './routed-tracer.js';

const NOOP_METER = createNoopMeter();

/** The meters between which measurements are routed. */
export interface MeterRouting {
  readonly choose: ChooseInstance;
  /** Returns all instances, for measurements of the process instead of one call. */
  readonly instances: () => Iterable<InstrumentedInstance>;
}

/**
 * The meter for an instrumentation. Each measurement goes to the instance of its call's flow; observable
 * callbacks run for every instance.
 */
export class RoutedMeter implements Meter {
  constructor(
    private readonly name: string,
    private readonly version: string | undefined,
    private readonly routing: MeterRouting,
    /** Registers functions that run when the instrumentation is removed. */
    private readonly onUndo: (undo: () => void) => void,
  ) {}

  createCounter(name: string, options?: MetricOptions): Counter {
    const of = this.routed((meter) => meter.createCounter(name, options));
    return { add: (value, attributes, context) => of(context)?.add(value, attributes, context) };
  }

  createUpDownCounter(name: string, options?: MetricOptions): UpDownCounter {
    const of = this.routed((meter) => meter.createUpDownCounter(name, options));
    return { add: (value, attributes, context) => of(context)?.add(value, attributes, context) };
  }

  createHistogram(name: string, options?: MetricOptions): Histogram {
    const of = this.routed((meter) => meter.createHistogram(name, options));
    return { record: (value, attributes, context) => of(context)?.record(value, attributes, context) };
  }

  createGauge(name: string, options?: MetricOptions): Gauge {
    const of = this.routed((meter) => meter.createGauge(name, options));
    return { record: (value, attributes, context) => of(context)?.record(value, attributes, context) };
  }

  createObservableCounter(name: string, options?: MetricOptions): Observable {
    return this.observable((meter) => meter.createObservableCounter(name, options));
  }

  createObservableUpDownCounter(name: string, options?: MetricOptions): Observable {
    return this.observable((meter) => meter.createObservableUpDownCounter(name, options));
  }

  createObservableGauge(name: string, options?: MetricOptions): Observable {
    return this.observable((meter) => meter.createObservableGauge(name, options));
  }

  addBatchObservableCallback(callback: BatchObservableCallback, observables: Observable[]): void {
    for (const instance of this.routing.instances()) {
      const own = new Map(observables.map((given) => [given, ownOf(given, instance)]));
      const translated: BatchObservableCallback = (result) =>
        callback({
          observe: (given: Observable, value: number, attributes?: Attributes) => {
            const observable = own.get(given);
            if (observable !== undefined) result.observe(observable, value, attributes);
          },
        });
      const targets = [...own.values()].filter((observable) => observable !== undefined);
      const meter = this.meterOf(instance);
      meter.addBatchObservableCallback(translated, targets);
      const undo = (): void => {
        meter.removeBatchObservableCallback(translated, targets);
      };
      this.batches.push({ callback, undo });
      this.onUndo(undo);
    }
  }

  removeBatchObservableCallback(callback: BatchObservableCallback): void {
    for (const batch of this.batches) {
      if (batch.callback === callback) batch.undo();
    }
    this.batches = this.batches.filter((batch) => batch.callback !== callback);
  }

  private batches: { readonly callback: BatchObservableCallback; readonly undo: () => void }[] = [];

  /**
   * Creates an instrument for each instance at its first measurement.
   *
   * @returns a function that finds the instrument for a measurement's instance
   */
  private routed<T>(create: (meter: Meter) => T): (context: Context | undefined) => T | undefined {
    const made = new Map<InstrumentedInstance, T>();
    return (context) => {
      const instance = this.routing.choose(FlowContext.from(context));
      if (instance === undefined) return undefined;
      let instrument = made.get(instance);
      if (instrument === undefined) made.set(instance, (instrument = this.make(instance, create)));
      return instrument;
    };
  }

  private observable(create: (meter: Meter) => Observable): Observable {
    const own = new Map<InstrumentedInstance, Observable>();
    for (const instance of this.routing.instances()) own.set(instance, this.make(instance, create));
    const remove = (callback: ObservableCallback): void => {
      for (const observable of own.values()) observable.removeCallback(callback);
    };
    const routed: Observable = {
      addCallback: (callback) => {
        for (const observable of own.values()) observable.addCallback(callback);
        this.onUndo(() => {
          remove(callback);
        });
      },
      removeCallback: remove,
    };
    owned.set(routed, own);
    return routed;
  }

  /**
   * Creates an instrument in an instance. If its name is taken by another kind of instrument, it measures
   * nothing.
   */
  private make<T>(instance: InstrumentedInstance, create: (meter: Meter) => T): T {
    try {
      return create(this.meterOf(instance));
    } catch (error) {
      instance.pipeline.log.warn(
        `instrumentation.metric.${this.name}`,
        `A metric of ${this.name} is not measured: ${errorText(error)}`,
      );
      return create(NOOP_METER);
    }
  }

  private meterOf({ meters }: InstrumentedInstance): Meter {
    return meters?.getMeter(this.name, this.version) ?? NOOP_METER;
  }
}

/** Maps the observable that an instrumentation sees to those of the instances. */
const owned = new WeakMap<Observable, ReadonlyMap<InstrumentedInstance, Observable>>();

function ownOf(observable: Observable, instance: InstrumentedInstance): Observable | undefined {
  return owned.get(observable)?.get(instance);
}
