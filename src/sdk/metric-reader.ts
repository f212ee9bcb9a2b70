import type { ResourceMetrics } from './metric-data.js';

/**
 * Decides when metrics are collected and where they go. `PeriodicExportingMetricReader`,
 * `PrometheusExporter` and other subclasses of `MetricReader` of OpenTelemetry SDK 2 and 3 have this shape.
 */
export interface SdkMetricReader {
  /** Sets the producer that the reader collects from. */
  setMetricProducer(metricProducer: {
    collect(options?: {
      timeoutMillis?: number;
    }): Promise<{ resourceMetrics: ResourceMetrics; errors: unknown[] }>;
  }): void;
  /**
   * Returns how a kind of instrument is aggregated; the numbers are those of
   * {@link ViewOptions.aggregation}.
   */
  selectAggregation(instrumentType: string): { readonly type: number; readonly options?: object };
  /**
   * Returns the temporality of a kind of instrument: 0 (delta) counts since the last export, 1 (cumulative)
   * since the start.
   */
  selectAggregationTemporality(instrumentType: string): number;
  /** Returns the most series of an instrument. */
  selectCardinalityLimit?(instrumentType: string): number;
  /** Collects and exports now. */
  forceFlush(options?: { timeoutMillis?: number }): Promise<void>;
  /** Collects and exports a last time, then stops. */
  shutdown(options?: { timeoutMillis?: number }): Promise<void>;
}

/** Supplies a reader with measurements. */
export type MetricProducer = Parameters<SdkMetricReader['setMetricProducer']>[0];

/** The result of a collection, with the errors of observable callbacks. */
export type CollectionResult = Awaited<ReturnType<MetricProducer['collect']>>;
