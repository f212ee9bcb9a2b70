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
import { ObservedTotals } from './observed-totals.js';

/** An observable instrument that a user holds, with its callbacks in each configuration. */
export class HeldObservable implements HeldInstrument, Observable {
  target: Observable | undefined;
  /** The totals of observable counters. */
  totals: ObservedTotals | undefined;
  /** The callbacks of the live configuration, by the app's own callback. */
  private readonly callbacks = new Map<ObservableCallback, ObservableCallback>();

  constructor(readonly definition: InstrumentDefinition) {}

  addCallback(callback: ObservableCallback): void {
    if (!this.callbacks.has(callback)) this.ask(callback);
  }

  removeCallback(callback: ObservableCallback): void {
    const asked = this.callbacks.get(callback);
    if (asked === undefined) return;
    this.callbacks.delete(callback);
    this.target?.removeCallback(asked);
  }

  bindToMeter(meter: Meter | undefined): void {
    const { kind, name, options } = this.definition;
    this.target = meter?.[CREATE[kind as ObservableKind]](name, options);
    if (this.target === undefined) return;
    if (kind === 'observableCounter') this.totals = this.totals?.next() ?? new ObservedTotals();
    for (const callback of this.callbacks.keys()) this.ask(callback);
  }

  private ask(callback: ObservableCallback): void {
    const asked = this.totals?.asked(callback) ?? callback;
    this.callbacks.set(callback, asked);
    this.target?.addCallback(asked);
  }
}

/** An observable instrument of one configuration. */
interface Bound {
  readonly target: Observable;
  readonly totals: ObservedTotals | undefined;
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

  /** Registers the callback with a meter; called after the meter's instruments are bound. */
  bindToMeter(meter: Meter | undefined): void {
    this.bound = undefined;
    if (meter === undefined) return;
    // A configuration calls back once more when it closes, so this callback keeps that configuration's
    // instruments.
    const targets = new Map<Observable, Bound>();
    for (const observable of this.observables) {
      if (!(observable instanceof HeldObservable) || observable.target === undefined) continue;
      targets.set(observable, { target: observable.target, totals: observable.totals });
    }
    const callback: BatchObservableCallback = (result) =>
      this.callback(new TranslatedResult(result, targets));
    this.bound = { meter, callback, targets: [...targets.values()].map(({ target }) => target) };
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

/** Translates the app's instruments to those of a configuration while a callback runs. */
class TranslatedResult implements BatchObservableResult {
  constructor(
    private readonly result: BatchObservableResult,
    private readonly targets: ReadonlyMap<Observable, Bound>,
  ) {}

  observe(metric: Observable, value: number, attributes?: Attributes): void {
    const bound = this.targets.get(metric);
    if (bound === undefined) return;
    this.result.observe(bound.target, bound.totals?.since(value, attributes) ?? value, attributes);
  }
}
