import type { Attributes, HrTime, ValueType } from '@opentelemetry/api';
import type { InstrumentationScope } from './instrumentation-scope.js';
import type { Resource } from './resource.js';

/** One series of a metric in one export. */
export interface DataPoint<Value = unknown> {
  readonly startTime: HrTime;
  readonly endTime: HrTime;
  readonly attributes: Attributes;
  /** A number; of histograms an object with `count`, `sum` and buckets. */
  readonly value: Value;
}

/** A metric with its series, as exporters of OpenTelemetry SDK 2 and 3 read it. */
export interface MetricData {
  readonly descriptor: {
    readonly name: string;
    readonly description: string;
    readonly unit: string;
    readonly valueType: ValueType;
  };
  /** 0: since the last export, 1: since the start. */
  readonly aggregationTemporality: number;
  /** 0: histogram, 1: exponential histogram, 2: gauge, 3: sum. */
  readonly dataPointType: number;
  readonly dataPoints: readonly DataPoint[];
}

/** Everything that one reader reads at once. */
export interface ResourceMetrics {
  resource: Resource;
  scopeMetrics: { scope: InstrumentationScope; metrics: MetricData[] }[];
}
