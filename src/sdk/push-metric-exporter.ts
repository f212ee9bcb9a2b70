import type { ResourceMetrics } from './metric-data.js';

/** Exports metrics; exporters of OpenTelemetry SDK 2 and 3 have this shape. */
export interface PushMetricExporter {
  /**
   * Exports the metrics of one collection.
   *
   * @param resultCallback - called once; `code` 0 is success, any other code a failure
   */
  export(
    metrics: ResourceMetrics,
    resultCallback: (result: { readonly code: number; readonly error?: Error }) => void,
  ): void;
  /** Sends pending metrics. */
  forceFlush(): Promise<void>;
  /**
   * Returns the preferred temporality of a kind of instrument: 0 (delta) counts since the last export, 1
   * (cumulative) since the start.
   */
  selectAggregationTemporality?(instrumentType: string): number;
  /**
   * Returns the preferred aggregation of a kind of instrument; the numbers are those of
   * {@link ViewOptions.aggregation}.
   */
  selectAggregation?(instrumentType: string): { readonly type: number; readonly options?: object };
  /** Sends pending metrics and closes connections. */
  shutdown(): Promise<void>;
}
