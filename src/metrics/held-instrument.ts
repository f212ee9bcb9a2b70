import type {
  Attributes,
  Context,
  Counter,
  Gauge,
  Histogram,
  Meter,
  UpDownCounter,
} from '@opentelemetry/api';
import { CREATE, type InstrumentDefinition, type SyncKind } from './instrument-definition.js';
import type { SeriesLimiter } from './series-limiter.js';

/** An instrument that a user holds while configurations come and go: it follows the live one, and measures nothing without one. */
export interface HeldInstrument {
  readonly definition: InstrumentDefinition;
  /** @param limiter - where series have to be counted here */
  bind(meter: Meter | undefined, limiter?: SeriesLimiter): void;
}

/** What the running request says of itself, where its baggage was named for metrics. */
export type FlowAttributes = () => Attributes | undefined;

abstract class HeldSync<T> implements HeldInstrument {
  protected target: T | undefined;
  private limiter: SeriesLimiter | undefined;

  constructor(
    readonly definition: InstrumentDefinition,
    private readonly flowAttributes?: FlowAttributes,
  ) {}

  bind(meter: Meter | undefined, limiter?: SeriesLimiter): void {
    const { kind, name, options } = this.definition;
    this.limiter = limiter;
    this.target = meter?.[CREATE[kind as SyncKind]](name, options) as T | undefined;
  }

  /** With what the request says, under what the caller says. */
  protected complete(attributes: Attributes | undefined): Attributes | undefined {
    const said = this.flowAttributes?.();
    return this.admit(said === undefined ? attributes : { ...said, ...attributes });
  }

  protected admit(attributes: Attributes | undefined): Attributes | undefined {
    return this.limiter === undefined ? attributes : this.limiter.admit(attributes);
  }
}

export class HeldCounter extends HeldSync<Counter> implements Counter {
  add(value: number, attributes?: Attributes, context?: Context): void {
    this.target?.add(value, this.complete(attributes), context);
  }
}

/** What {@link HeldHistogram} and {@link HeldGauge} have in common. */
class HeldRecorder extends HeldSync<Histogram | Gauge> implements Histogram {
  record(value: number, attributes?: Attributes, context?: Context): void {
    this.target?.record(value, this.complete(attributes), context);
  }
}

export class HeldHistogram extends HeldRecorder {}
export class HeldGauge extends HeldRecorder {}

/** What an up-down counter stands at, for one set of attributes. */
interface Level {
  readonly attributes: Attributes | undefined;
  value: number;
}

/**
 * An up-down counter says how much there is of something, so that a new configuration goes on from where the old one was: what was added
 * before may be taken away after.
 */
export class HeldUpDownCounter extends HeldSync<UpDownCounter> implements UpDownCounter {
  private readonly levels = new Map<string, Level>();

  add(value: number, attributes?: Attributes, context?: Context): void {
    const admitted = this.admit(attributes);
    const key = admitted === undefined ? '' : JSON.stringify(Object.entries(admitted).sort(byName));
    const level = this.levels.get(key);
    if (level !== undefined) level.value += value;
    // While metrics are off nothing limits the series.
    else if (this.target !== undefined) this.levels.set(key, { attributes: admitted, value });
    this.target?.add(value, admitted, context);
  }

  override bind(meter: Meter | undefined, limiter?: SeriesLimiter): void {
    super.bind(meter, limiter);
    for (const { attributes, value } of this.levels.values()) {
      if (value !== 0) this.target?.add(value, this.admit(attributes));
    }
  }
}

function byName([a]: [string, unknown], [b]: [string, unknown]): number {
  return a < b ? -1 : 1;
}
