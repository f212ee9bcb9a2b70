import type { TracerConfig } from '../tracer-config.js';

/**
 * Starting values for sampling by environment: everything in development, half in staging, a tenth in
 * production.
 *
 * Pass it as `environments`: `forRoot({ service, environments: samplingByEnvironment })`. For workers,
 * which have fewer but longer traces, 0.5 works in production.
 */
export const samplingByEnvironment = {
  development: { sampler: 1 },
  staging: { sampler: 0.5 },
  production: { sampler: 0.1 },
} as const satisfies Readonly<Record<string, TracerConfig>>;

/**
 * A configuration for thousands of requests a second: one trace in a hundred, and large batches with a
 * short delay. Spread it into yours.
 */
export const highThroughput = {
  sampler: 0.01,
  batch: { maxExportBatchSize: 1_024, scheduledDelayMillis: 1_000, exportTimeoutMillis: 10_000 },
} as const satisfies TracerConfig;

/**
 * A configuration for small containers: one trace in twenty, and a short queue that drops bursts earlier
 * and reports that in `status()`. `baggage: false` in the module's options saves a little more.
 */
export const memoryConstrained = {
  sampler: 0.05,
  batch: { maxQueueSize: 512, maxExportBatchSize: 128, maxQueueBytes: 4 * 1024 * 1024 },
} as const satisfies TracerConfig;
