import {
  diag,
  type Attributes,
  type Context,
  type Counter,
  type Gauge,
  type Histogram,
  type Meter,
  type UpDownCounter,
} from '@opentelemetry/api';
import { errorText } from '../../base/rate-limited-log.js';
import { CREATE, type InstrumentDefinition, type SyncKind } from './instrument-definition.js';
import type { SeriesLimiter } from './series-limiter.js';

/**
 * An instrument that a user holds while configurations change. It records in the live configuration, or
 * nowhere without one.
 */
export interface HeldInstrument {
  readonly definition: InstrumentDefinition;
  /**
   * Continues with the meter of a new configuration; `undefined` stops recording.
   *
   * @param limiter - limits the number of series, if the SDK's own limit does not
   */
  bindToMeter(meter: Meter | undefined, limiter?: SeriesLimiter): void;
}

/** Returns attributes from the running request's baggage, if entries were selected for metrics. */
export type BaggageAttributes = () => Attributes | undefined;

abstract class HeldSync<T> implements HeldInstrument {
  protected target: T | undefined;
  private limiter: SeriesLimiter | undefined;

  constructor(
    readonly definition: InstrumentDefinition,
    private readonly flowAttributes?: BaggageAttributes,
  ) {}

  bindToMeter(meter: Meter | undefined, limiter?: SeriesLimiter): void {
    const { kind, name, options } = this.definition;
    this.limiter = limiter;
    this.target = meter?.[CREATE[kind as SyncKind]](name, options) as T | undefined;
  }

  /** Merges the request's attributes and the caller's; the caller's win. */
  protected complete(attributes: Attributes | undefined): Attributes | undefined {
    const said = this.flowAttributes?.();
    return this.admit(said === undefined ? attributes : { ...said, ...attributes });
  }

  protected admit(attributes: Attributes | undefined): Attributes | undefined {
    return this.limiter === undefined ? attributes : this.limiter.admit(attributes);
  }

  /** Logs invalid arguments, such as a `bigint` attribute; a measurement never throws into the app. */
  protected reportInvalid(reason: unknown): void {
    diag.warn(`a measurement of ${this.definition.name} was left out: ${errorText(reason)}`);
  }
}

export class HeldCounter extends HeldSync<Counter> implements Counter {
  add(value: number, attributes?: Attributes, context?: Context): void {
    if (this.target === undefined) return;
    try {
      // One `NaN` would stay in the sum forever.
      if (Number.isFinite(value)) this.target.add(value, this.complete(attributes), context);
      else this.reportInvalid(value);
    } catch (error) {
      this.reportInvalid(error);
    }
  }
}

/** The base of {@link HeldHistogram} and {@link HeldGauge}. */
class HeldRecorder extends HeldSync<Histogram | Gauge> implements Histogram {
  record(value: number, attributes?: Attributes, context?: Context): void {
    if (this.target === undefined) return;
    try {
      this.target.record(value, this.complete(attributes), context);
    } catch (error) {
      this.reportInvalid(error);
    }
  }
}

export class HeldHistogram extends HeldRecorder {}
export class HeldGauge extends HeldRecorder {}

/** The most series of an up-down counter while metrics are off. */
const MAX_LEVELS_WHILE_OFF = 2_000;

/** The value of an up-down counter for one set of attributes. */
interface Level {
  readonly attributes: Attributes | undefined;
  value: number;
}

/**
 * An up-down counter that a user holds. A new configuration continues at the old one's value, since amounts
 * that were added before may be subtracted later.
 */
export class HeldUpDownCounter extends HeldSync<UpDownCounter> implements UpDownCounter {
  private readonly levels = new Map<string, Level>();

  add(value: number, attributes?: Attributes, context?: Context): void {
    try {
      if (Number.isFinite(value)) this.change(value, attributes, context);
      else this.reportInvalid(value);
    } catch (error) {
      this.reportInvalid(error);
    }
  }

  private change(value: number, attributes: Attributes | undefined, context: Context | undefined): void {
    const admitted = this.admit(attributes);
    const key = admitted === undefined ? '' : JSON.stringify(Object.entries(admitted).sort(byName));
    const level = this.levels.get(key);
    if (level !== undefined) {
      level.value += value;
      if (level.value === 0) this.levels.delete(key);
    } else if (this.target !== undefined || this.levels.size < MAX_LEVELS_WHILE_OFF) {
      this.levels.set(key, { attributes: admitted, value });
    }
    this.target?.add(value, admitted, context);
  }

  override bindToMeter(meter: Meter | undefined, limiter?: SeriesLimiter): void {
    super.bindToMeter(meter, limiter);
    for (const { attributes, value } of this.levels.values()) {
      this.target?.add(value, this.admit(attributes));
    }
  }
}

function byName([a]: [string, unknown], [b]: [string, unknown]): number {
  return a < b ? -1 : 1;
}
