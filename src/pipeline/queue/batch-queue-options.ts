import type { TelemetryLog } from '../../base/log.js';
import type { BatchConfig } from '../../config/tracer-config.js';
import type { ExportListener } from './delivery.js';

/** Options of a queue, apart from its exporter. */
export interface BatchQueueOptions {
  readonly batch: BatchConfig;
  readonly log: TelemetryLog;
  /** The instance's name in log lines. */
  readonly instance: string;
  readonly onExport?: ExportListener;
}
