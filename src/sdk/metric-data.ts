import type { Attributes, HrTime, ValueType } from '@opentelemetry/api';
import type { Resource } from './resource.js';

/** The metrics of one collection, in the form that exporters of OpenTelemetry SDK 2 and 3 accept. */
export interface ResourceMetrics {
  /** The measured service. */
  resource: Resource;
  /** Metrics, grouped by instrumentation scope. */
  scopeMetrics: {
    scope: { readonly name: string; readonly version?: string; readonly schemaUrl?: string };
    metrics: {
      readonly descriptor: {
        readonly name: string;
        readonly description: string;
        readonly unit: string;
        readonly valueType: ValueType;
      };
      /** The temporality: 0 (delta) counts since the last export, 1 (cumulative) since the start. */
      readonly aggregationTemporality: number;
      /** The kind of data: 0 histogram, 1 exponential histogram, 2 gauge, 3 sum. */
      readonly dataPointType: number;
      /** The series; `value` is a number, or for histograms an object with `count`, `sum` and buckets. */
      readonly dataPoints: readonly {
        readonly startTime: HrTime;
        readonly endTime: HrTime;
        readonly attributes: Attributes;
        readonly value: unknown;
      }[];
    }[];
  }[];
}
