import type { Attributes } from '@opentelemetry/api';

/** Attributes of the series that sums up all series beyond an instrument's limit. */
const OVERFLOW: Attributes = { 'otel.metric.overflow': true };

/**
 * Keeps the series of one instrument below its limit for as long as it lives. The SDK's own limit
 * holds between two exports alone, so that its cumulative series grow without end under
 * attributes that never repeat.
 */
export class SeriesLimiter {
  private readonly series = new Set<string>();
  /** Keys of series, by attributes in the order in which they came. */
  private readonly known = new Set<string>();

  /** @param limit - most series, the one for what comes beyond included */
  constructor(private readonly limit: number) {}

  /** The attributes to record: those that came, or the overflow's. */
  admit(attributes: Attributes | undefined): Attributes | undefined {
    const key = attributes === undefined ? '' : keyOf(attributes, Object.keys(attributes));
    if (this.known.has(key)) return attributes;
    const canonical = attributes === undefined ? '' : keyOf(attributes, Object.keys(attributes).sort());
    const isNew = !this.series.has(canonical);
    if (isNew) {
      if (this.series.size >= this.limit - 1) return OVERFLOW;
      this.series.add(canonical);
    }
    if (this.known.size >= this.limit * 4) this.known.clear();
    this.known.add(key);
    // The SDK keeps the first, which the caller may go on to change.
    return isNew && attributes !== undefined ? { ...attributes } : attributes;
  }
}

function keyOf(attributes: Attributes, names: readonly string[]): string {
  let key = '';
  for (const name of names) {
    const value = attributes[name];
    key += `${name}\u0000${typeof value === 'string' ? value : JSON.stringify(value)}\u0001`;
  }
  return key;
}
