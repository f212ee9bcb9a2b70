import {
  AggregationTemporality,
  InMemoryMetricExporter,
  type DataPoint,
  type Histogram,
} from '@opentelemetry/sdk-metrics';
import { resolveTracerConfig } from '../../../src/config/resolve-config.js';
import { MeterManager } from '../../../src/metrics/meter-manager.js';
import { MeterPipeline } from '../../../src/metrics/meter-pipeline.js';
import type { MetricsOptions } from '../../../src/metrics/options/metrics-options.js';
import type { PlanSource } from '../../../src/metrics/options/metrics-plan.js';
import type { TracerConfig } from '../../../src/config/tracer-config.js';
import { RateLimitedLog } from '../../../src/base/rate-limited-log.js';

/** What an instance without Nest has, and the log that it wrote. */
export interface PipelineUnderTest {
  readonly meters: MeterManager;
  readonly pipeline: MeterPipeline;
  readonly exporter: InMemoryMetricExporter;
  readonly warnings: readonly string[];
  follow(config?: TracerConfig): Promise<void>;
  close(): Promise<void>;
}

/** A meter pipeline that exports to memory, unless the options name other readers. */
export async function meterPipeline(
  options: MetricsOptions = {},
  config: TracerConfig = {},
  env: NodeJS.ProcessEnv = {},
): Promise<PipelineUnderTest> {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const warnings: string[] = [];
  const log = new RateLimitedLog({ log: () => {}, error: () => {}, warn: (text) => warnings.push(text) });
  const pipeline = new MeterPipeline({
    instance: 'test',
    log,
    metrics: { readers: exporter, ...options },
    env,
    closeTimeoutMillis: 2000,
  });
  const follow = (change: TracerConfig = {}): Promise<void> =>
    pipeline.follow(sourceOf({ ...config, ...change }, env));
  await follow();
  const meters = new MeterManager(pipeline);
  return { meters, pipeline, exporter, warnings, follow, close: () => pipeline.shutdown(1000) };
}

/** A configuration of spans as metrics see it. */
export function sourceOf(config: TracerConfig, env: NodeJS.ProcessEnv = {}): PlanSource {
  const named = { service: { name: 'test' }, ...config };
  return {
    config: resolveTracerConfig(named, env, { warn: () => {} }),
    exporterGiven: config.exporter !== undefined,
  };
}

/** The points of an instrument in the newest export that has it. */
export function pointsOf(exporter: InMemoryMetricExporter, name: string): DataPoint<number & Histogram>[] {
  for (const { scopeMetrics } of exporter.getMetrics().toReversed()) {
    const metrics = scopeMetrics
      .flatMap((scope) => scope.metrics)
      .filter(({ descriptor }) => descriptor.name === name);
    if (metrics.length > 0)
      return metrics.flatMap(({ dataPoints }) => dataPoints as DataPoint<number & Histogram>[]);
  }
  return [];
}
