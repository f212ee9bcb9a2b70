import type { Attributes } from '@opentelemetry/api';

/** One value of a series. */
export interface MetricPoint {
  readonly name: string;
  readonly unit: string;
  readonly service: string;
  readonly kind: 'gauge' | 'sum' | 'histogram';
  readonly attributes: Attributes;
  /** The time in milliseconds since the epoch. */
  readonly time: number;
  readonly value: number;
}

/** A series in the form for charts. */
export interface MetricSeries extends Omit<MetricPoint, 'time' | 'value'> {
  /** Pairs of time (milliseconds since the epoch) and value, oldest first. */
  readonly points: readonly (readonly [number, number])[];
}

const MAX_SERIES = 500;
const MAX_POINTS = 120;

/**
 * Keeps the newest values of each series. Beyond the limit, the series without new values for the longest
 * time is removed.
 */
export class MetricStore {
  private readonly series = new Map<
    string,
    { head: Omit<MetricPoint, 'time' | 'value'>; points: [number, number][] }
  >();

  add({ time, value, ...head }: MetricPoint): void {
    const key = JSON.stringify([head.service, head.name, Object.entries(head.attributes).sort()]);
    const known = this.series.get(key);
    this.series.delete(key);
    const points = known?.points ?? [];
    points.push([time, value]);
    if (points.length > MAX_POINTS) points.shift();
    this.series.set(key, { head, points });
    if (this.series.size <= MAX_SERIES) return;
    for (const oldest of this.series.keys()) {
      this.series.delete(oldest);
      return;
    }
  }

  all(): MetricSeries[] {
    return [...this.series.values()].map(({ head, points }) => ({ ...head, points }));
  }

  clear(): void {
    this.series.clear();
  }
}
