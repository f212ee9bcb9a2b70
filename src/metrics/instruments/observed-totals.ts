import type { Attributes, ObservableCallback } from '@opentelemetry/api';

/** The SDK's default limit of series per instrument. */
const MAX_SERIES = 2_000;

/**
 * Makes the totals of observable counters begin at zero in each configuration, like those of other
 * counters, so that values which the previous configuration has exported are not exported again.
 */
export class ObservedTotals {
  private readonly told = new Map<string, number>();
  private readonly beginnings = new Map<string, number>();

  constructor(private readonly before?: ReadonlyMap<string, number>) {}

  /** Returns the last values as the start of the next configuration. */
  next(): ObservedTotals {
    return new ObservedTotals(this.told);
  }

  /** Wraps a callback so that the SDK sees values since this configuration began. */
  asked(callback: ObservableCallback): ObservableCallback {
    return (result) =>
      callback({
        observe: (value, attributes) => {
          result.observe(this.since(value, attributes), attributes);
        },
      });
  }

  /** Returns the increase since the configuration began. */
  since(total: number, attributes: Attributes = {}): number {
    if (!Number.isFinite(total)) return total;
    const key = JSON.stringify(Object.entries(attributes).sort(([a], [b]) => (a < b ? -1 : 1)));
    if (this.told.size < MAX_SERIES || this.told.has(key)) this.told.set(key, total);
    // The previous configuration calls back once more when it closes, so its last value is only known now.
    const beginning = this.beginnings.get(key) ?? this.before?.get(key);
    if (beginning === undefined) return total;
    // A smaller value means that the counter was reset.
    this.beginnings.set(key, total < beginning ? 0 : beginning);
    return total < beginning ? total : total - beginning;
  }
}
