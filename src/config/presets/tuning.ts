import type { TracerConfig } from '../tracer-config.js';

/**
 * Sampling to begin with, by environment: everything in development, half in staging, a tenth in production.
 *
 * Made for `environments`: `forRoot({ service, environments: samplingByEnvironment })`. For workers, which
 * have fewer but longer traces, 0.5 works in production.
 */
export const samplingByEnvironment = {
  development: { sampler: 1 },
  staging: { sampler: 0.5 },
  production: { sampler: 0.1 },
} as const satisfies Readonly<Record<string, TracerConfig>>;

/**
 * For thousands of requests a second: one trace in a hundred, large batches that leave early. Spread
 * it into a configuration.
 */
export const highThroughput = {
  sampler: 0.01,
  batch: { maxExportBatchSize: 1_024, scheduledDelayMillis: 1_000, exportTimeoutMillis: 10_000 },
} as const satisfies TracerConfig;

/**
 * For small containers: one trace in twenty and a short queue, which drops a burst sooner and says so in
 * `status()`. `baggage: false` in the module's options saves a little more.
 */
export const memoryConstrained = {
  sampler: 0.05,
  batch: { maxQueueSize: 512, maxExportBatchSize: 128, maxQueueBytes: 4 * 1024 * 1024 },
} as const satisfies TracerConfig;
