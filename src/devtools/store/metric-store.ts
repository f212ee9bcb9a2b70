import type { Attributes } from '@opentelemetry/api';

/** One measured value of one series. */
export interface MetricPoint {
  readonly name: string;
  readonly unit: string;
  readonly service: string;
  readonly kind: 'gauge' | 'sum' | 'histogram';
  readonly attributes: Attributes;
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly value: number;
}

/** A series as charts draw it. */
export interface MetricSeries extends Omit<MetricPoint, 'time' | 'value'> {
  /** Oldest first: milliseconds since the epoch, value. */
  readonly points: readonly (readonly [number, number])[];
}

const MAX_SERIES = 500;
const MAX_POINTS = 120;

/** The newest values of each series; series beyond the limit push out the one that was silent longest. */
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
