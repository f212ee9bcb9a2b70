import type { ResourceMetrics } from './metric-data.js';

/**
 * Decides when metrics are read and where they go: `PeriodicExportingMetricReader`, `PrometheusExporter` and
 * every other subclass of `MetricReader` of OpenTelemetry SDK 2 and 3 has this shape.
 */
export interface SdkMetricReader {
  /** Sets the producer of the reader's metrics. */
  setMetricProducer(metricProducer: {
    collect(options?: {
      timeoutMillis?: number;
    }): Promise<{ resourceMetrics: ResourceMetrics; errors: unknown[] }>;
  }): void;
  /**
   * How measurements of a kind of instrument become series; the numbers are those of
   * {@link ViewOptions.aggregation}.
   */
  selectAggregation(instrumentType: string): { readonly type: number; readonly options?: object };
  /** 0: each export tells what came since the last one, 1: what came since the start. */
  selectAggregationTemporality(instrumentType: string): number;
  /** Most series of an instrument. */
  selectCardinalityLimit?(instrumentType: string): number;
  /** Reads and exports. */
  forceFlush(options?: { timeoutMillis?: number }): Promise<void>;
  /** Reads and exports a last time. */
  shutdown(options?: { timeoutMillis?: number }): Promise<void>;
}

/** Gives a reader what was measured. */
export type MetricProducer = Parameters<SdkMetricReader['setMetricProducer']>[0];

/** A reader's collection, with the errors of observable instruments' callbacks. */
export type CollectionResult = Awaited<ReturnType<MetricProducer['collect']>>;
