import { AggregationTemporality, InMemoryMetricExporter } from '@opentelemetry/sdk-metrics';
import { expect, it } from 'vitest';
import { MeterManager } from '../../src/index.js';
import { pointsOf } from '../metrics/support/memory-metrics.js';
import { start } from './support.js';

it.each([1, 0])('measures runs and stages, also at a sampling ratio of %d', async (sampler) => {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const { tracer, module } = await start({ sampler, workflowPrefix: 'own.', metrics: { readers: exporter } });
  await tracer.withPipelineSpan('report', async (_span, run) => {
    await tracer.withStageSpan('read', async () => {
      await tracer.withLlmSpan({ provider: 'p', model: 'm' }, async (_llmSpan, call) => {
        call.recordUsage({ inputTokens: 10, outputTokens: 20, costUsd: 0.5 });
      });
    });
    run.skipStage({ id: 'cache' });
    run.addUsage({ outputTokens: 5 });
  });
  const failing = tracer.withPipelineSpan('broken', () =>
    tracer.withStageSpan('write', { name: 'Write it' }, () => Promise.reject(new Error('full'))),
  );
  await expect(failing).rejects.toThrow('full');
  await module.get(MeterManager).forceFlush();

  const counts = (name: string): unknown[] =>
    pointsOf(exporter, name).map(({ attributes, value }) => [
      Object.values(attributes).join(' '),
      value.count,
    ]);
  const sums = (name: string): unknown[] =>
    pointsOf(exporter, name).map(({ attributes, value }) => [attributes, value.sum]);
  expect(counts('workflow.pipeline.duration')).toEqual([
    ['report success', 1],
    ['broken failure', 1],
  ]);
  expect(counts('workflow.stage.duration')).toEqual([
    ['report read success', 1],
    ['report cache skipped', 1],
    ['broken Write it failure', 1],
  ]);
  expect(sums('workflow.pipeline.tokens')).toEqual([[{ 'workflow.pipeline.name': 'report' }, 35]]);
  expect(sums('workflow.pipeline.cost')).toEqual([[{ 'workflow.pipeline.name': 'report' }, 0.5]]);
});
