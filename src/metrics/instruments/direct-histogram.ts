import type { Attributes } from '@opentelemetry/api';
import { toHrTime } from '../../tracing/clock.js';

/** The name and the buckets of a histogram. */
export interface HistogramDescription {
  readonly name: string;
  readonly description: string;
  readonly unit: string;
  readonly boundaries: readonly number[];
}

/**
 * One series of a {@link DirectHistogram}. A caller keeps it and does not repeat its attributes: in the
 * SDK, sorting and serialising them for each measurement costs more than everything else.
 */
export class HistogramSeries {
  readonly counts: number[];
  readonly startTime = toHrTime(Date.now());
  count = 0;
  sum = 0;
  min = Infinity;
  max = -Infinity;

  constructor(
    readonly attributes: Attributes,
    readonly boundaries: readonly number[],
  ) {
    this.counts = new Array<number>(boundaries.length + 1).fill(0);
  }

  record(value: number): void {
    const { boundaries, counts } = this;
    let bucket = 0;
    while (bucket < boundaries.length && value > (boundaries[bucket] as number)) bucket += 1;
    counts[bucket] = (counts[bucket] as number) + 1;
    this.count += 1;
    this.sum += value;
    if (value < this.min) this.min = value;
    if (value > this.max) this.max = value;
  }
}

/** A histogram with explicit buckets, whose series are kept by their caller. */
export class DirectHistogram {
  readonly all: HistogramSeries[] = [];

  constructor(readonly description: HistogramDescription) {}

  series(attributes: Attributes): HistogramSeries {
    const series = new HistogramSeries(attributes, this.description.boundaries);
    this.all.push(series);
    return series;
  }
}
