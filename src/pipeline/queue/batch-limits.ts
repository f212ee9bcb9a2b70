import type { BatchConfig } from '../../config/tracer-config.js';
import type { BacklogLimits } from './backlog.js';

/** A batch configuration with its defaults filled in. */
export interface BatchLimits {
  readonly scheduledDelayMillis: number;
  readonly maxExportBatchSize: number;
  readonly maxExportBatchBytes: number;
  readonly maxConcurrentExports: number;
  readonly exportTimeoutMillis: number;
  readonly maxRetryMillis: number;
  readonly backlog: BacklogLimits;
}

const MEBIBYTE = 1_024 * 1_024;
/** A gRPC receiver takes 4 MiB by default; the resource needs some of it. */
const MAX_SPAN_BYTES = 4 * MEBIBYTE - 64 * 1_024;

export function resolveBatchLimits(batch: BatchConfig): BatchLimits {
  const maxSpans = batch.maxQueueSize ?? 65_536;
  const maxBytes = batch.maxQueueBytes ?? 64 * MEBIBYTE;
  const maxExportBatchBytes = batch.maxExportBatchBytes ?? MEBIBYTE;
  return {
    scheduledDelayMillis: batch.scheduledDelayMillis ?? 5_000,
    maxExportBatchSize: Math.min(batch.maxExportBatchSize ?? 512, maxSpans),
    maxExportBatchBytes,
    maxConcurrentExports: batch.maxConcurrentExports ?? 4,
    exportTimeoutMillis: batch.exportTimeoutMillis ?? 30_000,
    maxRetryMillis: batch.maxRetryMillis ?? 300_000,
    backlog: {
      maxSpans,
      maxBytes,
      maxSpanBytes: Math.min(maxBytes, Math.max(maxExportBatchBytes, MAX_SPAN_BYTES)),
      dropPolicy: batch.dropPolicy ?? 'newest',
    },
  };
}
