import type { ResourceMetrics } from './metric-data.js';

/** Sends metrics somewhere; exporters of OpenTelemetry SDK 2 and 3 have this shape. */
export interface PushMetricExporter {
  /**
   * Sends what was read at once.
   *
   * @param resultCallback - called once: `code` 0 is success, anything else is failure
   */
  export(
    metrics: ResourceMetrics,
    resultCallback: (result: { readonly code: number; readonly error?: Error }) => void,
  ): void;
  /** Sends what waits. */
  forceFlush(): Promise<void>;
  /** 0: each export tells what came since the last one, 1: what came since the start. */
  selectAggregationTemporality?(instrumentType: string): number;
  /**
   * How measurements of a kind of instrument become series; the numbers are those of
   * {@link ViewOptions.aggregation}.
   */
  selectAggregation?(instrumentType: string): { readonly type: number; readonly options?: object };
  /** Sends what waits and closes connections. */
  shutdown(): Promise<void>;
}
