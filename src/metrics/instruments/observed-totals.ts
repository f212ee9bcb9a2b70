import type { Attributes, ObservableCallback } from '@opentelemetry/api';

/** The SDK's default limit on series per instrument. */
const MAX_SERIES = 2_000;

/**
 * Lets the totals that callbacks tell begin at zero with each configuration, as those of other counters do:
 * what the configuration before has exported is not exported again.
 */
export class ObservedTotals {
  private readonly told = new Map<string, number>();
  private readonly beginnings = new Map<string, number>();

  constructor(private readonly before?: ReadonlyMap<string, number>) {}

  /** The last values, a start for the next configuration. */
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

  /** The increase since the configuration began. */
  since(total: number, attributes: Attributes = {}): number {
    if (!Number.isFinite(total)) return total;
    const key = JSON.stringify(Object.entries(attributes).sort(([a], [b]) => (a < b ? -1 : 1)));
    if (this.told.size < MAX_SERIES || this.told.has(key)) this.told.set(key, total);
    // The configuration before is asked once more when it closes, so that its last word
    // is not known any earlier.
    const beginning = this.beginnings.get(key) ?? this.before?.get(key);
    if (beginning === undefined) return total;
    // A smaller value than before means that the counter began anew.
    this.beginnings.set(key, total < beginning ? 0 : beginning);
    return total < beginning ? total : total - beginning;
  }
}
