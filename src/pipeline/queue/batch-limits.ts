import { BATCH } from '../../config/defaults.js';
import type { BatchConfig } from '../../config/tracer-config.js';
import type { BacklogLimits } from './backlog.js';

/** A batch configuration with defaults filled in. */
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
/**
 * The most bytes of one span. A gRPC receiver accepts 4 MiB by default, some of which the resource needs.
 */
const MAX_SPAN_BYTES = 4 * MEBIBYTE - 64 * 1_024;

export function resolveBatchLimits(batch: BatchConfig): BatchLimits {
  const { maxQueueSize, maxQueueBytes, dropPolicy, ...limits } = { ...BATCH, ...batch };
  return {
    ...limits,
    maxExportBatchSize: Math.min(limits.maxExportBatchSize, maxQueueSize),
    backlog: {
      maxSpans: maxQueueSize,
      maxBytes: maxQueueBytes,
      maxSpanBytes: Math.min(maxQueueBytes, Math.max(limits.maxExportBatchBytes, MAX_SPAN_BYTES)),
      dropPolicy,
    },
  };
}
