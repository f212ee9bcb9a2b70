import { ValueType, type HrTime } from '@opentelemetry/api';
import {
  AggregationTemporality,
  DataPointType,
  type CollectionResult,
  type DataPoint,
  type Histogram,
  type HistogramMetricData,
  type MetricProducer,
} from '@opentelemetry/sdk-metrics';
import { LIBRARY_SCOPE } from '../../base/version.js';
import { resourceFromAttributes } from '../../sdk/resource.js';
import { toHrTime } from '../../tracing/clock.js';
import type { DirectHistogram, HistogramSeries } from './direct-histogram.js';

const DELTA: number = AggregationTemporality.DELTA;

/** The part of a series that a reader has already collected. */
interface Told {
  readonly count: number;
  readonly sum: number;
  readonly counts: readonly number[];
  readonly at: HrTime;
}

/** Supplies direct histograms to one reader of the SDK, in the temporality that it wants. */
export class DirectHistogramProducer implements MetricProducer {
  private readonly told = new Map<HistogramSeries, Told>();

  constructor(
    private readonly histograms: readonly DirectHistogram[],
    private readonly temporality: number,
  ) {}

  collect(): Promise<CollectionResult> {
    const now = toHrTime(Date.now());
    const metrics = this.histograms
      .map((histogram) => this.metric(histogram, now))
      .filter(({ dataPoints }) => dataPoints.length > 0);
    const scopeMetrics = metrics.length === 0 ? [] : [{ scope: LIBRARY_SCOPE, metrics }];
    return Promise.resolve({
      resourceMetrics: { resource: resourceFromAttributes({}), scopeMetrics },
      errors: [],
    });
  }

  private metric({ description, all }: DirectHistogram, now: HrTime): HistogramMetricData {
    const { name, unit } = description;
    const delta = this.temporality === DELTA;
    const dataPoints = all
      .map((series) => (delta ? this.since(series, now) : total(series, now)))
      .filter((point) => point.value.count > 0);
    return {
      descriptor: { name, unit, description: description.description, valueType: ValueType.DOUBLE },
      aggregationTemporality: delta ? AggregationTemporality.DELTA : AggregationTemporality.CUMULATIVE,
      dataPointType: DataPointType.HISTOGRAM,
      dataPoints,
    };
  }

  private since(series: HistogramSeries, now: HrTime): DataPoint<Histogram> {
    const { attributes, count, sum, counts, startTime } = series;
    const before = this.told.get(series);
    this.told.set(series, { count, sum, counts: [...counts], at: now });
    if (before === undefined) return total(series, now);
    return {
      attributes,
      startTime: before.count === 0 ? startTime : before.at,
      endTime: now,
      // The minimum and maximum of a part are unknown.
      value: {
        buckets: bucketsOf(series, before.counts),
        count: count - before.count,
        sum: sum - before.sum,
      },
    };
  }
}

function total(series: HistogramSeries, endTime: HrTime): DataPoint<Histogram> {
  const { attributes, startTime, count, sum, min, max } = series;
  return { attributes, startTime, endTime, value: { buckets: bucketsOf(series), count, sum, min, max } };
}

function bucketsOf(
  { counts, boundaries }: HistogramSeries,
  before?: readonly number[],
): Histogram['buckets'] {
  return {
    boundaries: boundaries as number[],
    counts: before === undefined ? [...counts] : counts.map((count, index) => count - (before[index] ?? 0)),
  };
}
