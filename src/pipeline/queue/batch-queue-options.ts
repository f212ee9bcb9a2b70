import type { TelemetryLog } from '../../base/log.js';
import type { BatchConfig } from '../../config/tracer-config.js';
import type { ExportListener } from './delivery.js';

/** Options of a queue besides its exporter. */
export interface BatchQueueOptions {
  readonly batch: BatchConfig;
  readonly log: TelemetryLog;
  /** Names the instance in log lines. */
  readonly instance: string;
  readonly onExport?: ExportListener;
}
