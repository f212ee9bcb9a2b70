import type { Attributes, HrTime, ValueType } from '@opentelemetry/api';
import type { Resource } from './resource.js';

/** Everything that one reader reads at once, as exporters of OpenTelemetry SDK 2 and 3 take it. */
export interface ResourceMetrics {
  /** The service that was measured. */
  resource: Resource;
  /** Metrics by the part of the program that made them. */
  scopeMetrics: {
    scope: { readonly name: string; readonly version?: string; readonly schemaUrl?: string };
    metrics: {
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
