import type {
  Attributes,
  BatchObservableCallback,
  BatchObservableResult,
  Meter,
  Observable,
  ObservableCallback,
} from '@opentelemetry/api';
import type { HeldInstrument } from './held-instrument.js';
import { CREATE, type InstrumentDefinition, type ObservableKind } from './instrument-definition.js';

/** An observable instrument, with the callbacks that each configuration's own one asks. */
export class HeldObservable implements HeldInstrument, Observable {
  target: Observable | undefined;
  private readonly callbacks = new Set<ObservableCallback>();

  constructor(readonly definition: InstrumentDefinition) {}

  addCallback(callback: ObservableCallback): void {
    if (this.callbacks.has(callback)) return;
    this.callbacks.add(callback);
    this.target?.addCallback(callback);
  }

  removeCallback(callback: ObservableCallback): void {
    this.callbacks.delete(callback);
    this.target?.removeCallback(callback);
  }

  bind(meter: Meter | undefined): void {
    const { kind, name, options } = this.definition;
    this.target = meter?.[CREATE[kind as ObservableKind]](name, options);
    for (const callback of this.callbacks) this.target?.addCallback(callback);
  }
}

/** A callback that observes several instruments at once. */
export class HeldBatchCallback {
  private bound:
    | { readonly meter: Meter; readonly callback: BatchObservableCallback; readonly targets: Observable[] }
    | undefined;

  constructor(
    readonly callback: BatchObservableCallback,
    readonly observables: readonly Observable[],
  ) {}

  /** To be called when the instruments are bound. */
  bind(meter: Meter | undefined): void {
    this.bound = undefined;
    if (meter === undefined) return;
    // A configuration asks once more when it is closed: its own instruments are kept, whatever has followed.
    const targets = new Map<Observable, Observable>();
    for (const observable of this.observables) {
      if (observable instanceof HeldObservable && observable.target !== undefined) {
        targets.set(observable, observable.target);
      }
    }
    const callback: BatchObservableCallback = (result) =>
      this.callback(new TranslatedResult(result, targets));
    this.bound = { meter, callback, targets: [...targets.values()] };
    meter.addBatchObservableCallback(callback, this.bound.targets);
  }

  unbind(): void {
    if (this.bound === undefined) return;
    const { meter, callback, targets } = this.bound;
    meter.removeBatchObservableCallback(callback, targets);
    this.bound = undefined;
  }

  matches(callback: BatchObservableCallback, observables: readonly Observable[]): boolean {
    return (
      callback === this.callback &&
      observables.length === this.observables.length &&
      observables.every((observable) => this.observables.includes(observable))
    );
  }
}

/** Lets a callback observe the instruments that it knows. */
class TranslatedResult implements BatchObservableResult {
  constructor(
    private readonly result: BatchObservableResult,
    private readonly targets: ReadonlyMap<Observable, Observable>,
  ) {}

  observe(metric: Observable, value: number, attributes?: Attributes): void {
    const target = this.targets.get(metric);
    if (target !== undefined) this.result.observe(target, value, attributes);
  }
}
