import type { AggregationOption } from './view-options.js';
import type { ExportResult } from './export-result.js';
import type { ResourceMetrics } from './metric-data.js';

/** Sends metrics somewhere; exporters of OpenTelemetry SDK 2 and 3 have this shape. */
export interface PushMetricExporter {
  export(metrics: ResourceMetrics, resultCallback: (result: ExportResult) => void): void;
  forceFlush(): Promise<void>;
  /** 0: each export tells what came since the last one, 1: what came since the start. */
  selectAggregationTemporality?(instrumentType: string): number;
  selectAggregation?(instrumentType: string): AggregationOption;
  shutdown(): Promise<void>;
}
