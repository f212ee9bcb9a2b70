import type { AggregationOption } from './view-options.js';
import type { ResourceMetrics } from './metric-data.js';

/** What a reader collects, and the errors of observable instruments' callbacks. */
export interface CollectionResult {
  resourceMetrics: ResourceMetrics;
  errors: unknown[];
}

/** Gives a reader what was measured. */
export interface MetricProducer {
  collect(options?: { timeoutMillis?: number }): Promise<CollectionResult>;
}

/**
 * Decides when metrics are read and where they go: `PeriodicExportingMetricReader`, `PrometheusExporter` and every other subclass of
 * `MetricReader` of OpenTelemetry SDK 2 and 3 has this shape.
 */
export interface SdkMetricReader {
  setMetricProducer(metricProducer: MetricProducer): void;
  selectAggregation(instrumentType: string): AggregationOption;
  selectAggregationTemporality(instrumentType: string): number;
  selectCardinalityLimit?(instrumentType: string): number;
  forceFlush(options?: { timeoutMillis?: number }): Promise<void>;
  shutdown(options?: { timeoutMillis?: number }): Promise<void>;
}
