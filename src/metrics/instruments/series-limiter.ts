import type { Attributes } from '@opentelemetry/api';

/** The attributes of the series that sums up all series beyond the limit. */
const OVERFLOW: Attributes = { 'otel.metric.overflow': true };

/**
 * Limits the series of one instrument during its whole life. The SDK's own limit only applies between two
 * exports, so that cumulative series would grow without bound under attributes that never repeat.
 */
export class SeriesLimiter {
  private readonly series = new Set<string>();
  /** Keys of series: their attributes in the given order. */
  private readonly known = new Set<string>();

  /** @param limit - the most series, including the overflow series */
  constructor(private readonly limit: number) {}

  /** Returns the attributes to record: the given ones, or those of the overflow series. */
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
    // The SDK keeps the first attributes object, which the caller may change later.
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
