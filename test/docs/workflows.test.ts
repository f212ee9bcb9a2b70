import { Module, type Type } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import type { Attributes } from '@opentelemetry/api';
import { TracerManager } from 'nestjs-telemetry';
import { WorkflowTracer } from 'nestjs-telemetry/workflow';
import { SpanRecorder, TelemetryTestingModule } from 'nestjs-telemetry/testing';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';

/** The documents' own prefix. */
const PREFIX = 'flowmason.';

async function app(...providers: Type[]): Promise<{ get: <T>(type: Type<T>) => T; recorder: SpanRecorder }> {
  class AppModule {}
  Module({ providers })(AppModule);
  const module = await Test.createTestingModule({
    imports: [TelemetryTestingModule.forRoot({ workflowPrefix: PREFIX }), AppModule],
  }).compile();
  onTestFinished(() => module.close());
  return { get: (type) => module.get(type, { strict: false }), recorder: module.get(SpanRecorder) };
}

/** Attributes of a span with durations replaced by their type. */
function attributes(recorder: SpanRecorder, name: string): Attributes {
  return Object.fromEntries(
    Object.entries(recorder.span(name).attributes).map(([key, value]) => [
      key,
      key.endsWith('duration_ms') ? typeof value : (value as string),
    ]),
  );
}

it('the guide’s data pipeline gives its tree and attributes', async () => {
  const { DataPipeline, Warehouse } = await import('./examples/workflows/data-pipeline.js');
  const { get, recorder } = await app(DataPipeline, Warehouse);
  expect(await get(DataPipeline).run('u1', 'd1')).toEqual({ loadedCount: 3, batchId: 'batch-1' });
  expect(recorder.tree()).toEqual([
    {
      name: 'data_pipeline',
      children: ['data_extraction', 'data_transformation', 'data_loading'].map((name) => ({
        name,
        children: [],
      })),
    },
  ]);
  // Baggage that names the user shows on every span.
  const user = { 'user.id': 'u1' };
  expect(attributes(recorder, 'data_pipeline')).toEqual({
    ...user,
    'pipeline.dataset_id': 'd1',
    'pipeline.user_id': 'u1',
    'pipeline.total_records': 4,
    'pipeline.processed_records': 3,
    'pipeline.loaded_records': 3,
    'pipeline.batch_id': 'batch-1',
  });
  expect(attributes(recorder, 'data_extraction')).toEqual({
    ...user,
    'extraction.source': 'database',
    'extraction.records_count': 4,
  });
  expect(attributes(recorder, 'data_transformation')).toEqual({
    ...user,
    'transformation.type': 'normalization',
    'transformation.records_processed': 3,
    'transformation.records_filtered': 1,
  });
  expect(attributes(recorder, 'data_loading')).toEqual({
    ...user,
    'loading.destination': 'vector_store',
    'loading.records_loaded': 3,
    'loading.batch_id': 'batch-1',
  });
});

it('decorated pipelines and stages give the document’s tree and attributes', async () => {
  const { ContentService, Model } = await import('./examples/workflows/content.js');
  const { get, recorder } = await app(ContentService, Model);
  expect(await get(ContentService).run({ topic: 'tea' })).toBe('about tea');
  expect(recorder.tree()).toEqual([
    {
      name: 'pipeline:content-generator',
      children: [{ name: 'stage:generate', children: [{ name: 'llm:openai/gpt-4', children: [] }] }],
    },
  ]);
  expect(attributes(recorder, 'pipeline:content-generator')).toEqual({
    'flowmason.span_kind': 'pipeline',
    'flowmason.pipeline.name': 'content-generator',
    'flowmason.run.id': expect.any(String),
    'flowmason.pipeline.duration_ms': 'number',
    'flowmason.pipeline.success': true,
    'flowmason.pipeline.stage_count': 1,
    'flowmason.pipeline.failed_stage_count': 0,
    'flowmason.pipeline.skipped_stage_count': 0,
    'flowmason.pipeline.total_tokens': 12,
    'flowmason.pipeline.total_cost_usd': 0.002,
  });
  expect(attributes(recorder, 'stage:generate')).toEqual({
    'flowmason.span_kind': 'stage',
    'flowmason.stage.id': 'generate',
    'flowmason.stage.name': 'generate',
    'flowmason.stage.component_type': 'generator',
    'flowmason.stage.duration_ms': 'number',
    'flowmason.stage.success': true,
    'flowmason.stage.input_tokens': 12,
    'flowmason.stage.output_tokens': 0,
    'flowmason.stage.cost_usd': 0.002,
  });
  expect(attributes(recorder, 'llm:openai/gpt-4')).toEqual({
    'flowmason.span_kind': 'llm_call',
    'flowmason.llm.provider': 'openai',
    'flowmason.llm.model': 'gpt-4',
    'flowmason.llm.operation': 'generate',
    'flowmason.llm.input_tokens': 12,
    'flowmason.llm.output_tokens': 0,
    'flowmason.llm.cost_usd': 0.002,
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': 'openai',
    'gen_ai.request.model': 'gpt-4',
    'gen_ai.usage.cost': 0.002,
    'gen_ai.usage.input_tokens': 12,
    'gen_ai.usage.output_tokens': 0,
  });
});

const stage = (id: string, result: { tokens: number; costUsd: number } | undefined | Error) => ({
  id,
  name: `${id}-name`,
  componentType: 'extractor',
  execute: async () => {
    if (result instanceof Error) throw result;
    return result;
  },
});

it('a run sums its stages as the document’s class does by hand', async () => {
  const { runStages } = await import('./examples/workflows/stages.js');
  const { get, recorder } = await app();
  await runStages(get(WorkflowTracer), [
    stage('a', { tokens: 5, costUsd: 0.1 }),
    stage('b', { tokens: 0, costUsd: 0.2 }),
    stage('c', undefined),
  ]);
  expect(attributes(recorder, 'pipeline:my-pipeline')).toMatchObject({
    'flowmason.pipeline.id': '123',
    'flowmason.run.id': 'run-456',
    'flowmason.pipeline.success': true,
    'flowmason.pipeline.stage_count': 3,
    'flowmason.pipeline.skipped_stage_count': 1,
    'flowmason.pipeline.total_tokens': 5,
    'flowmason.pipeline.total_cost_usd': 0.3,
  });
  expect(recorder.span('pipeline:my-pipeline').events.map(({ name }) => name)).toEqual(['all stages ran']);
  await expect(
    runStages(get(WorkflowTracer), [stage('a', new Error('broken')), stage('b', { tokens: 1, costUsd: 0 })]),
  ).rejects.toThrow('broken');
  expect(recorder.spans().at(-1)?.attributes).toMatchObject({
    'flowmason.pipeline.success': false,
    'flowmason.pipeline.stage_count': 1,
    'flowmason.pipeline.failed_stage_count': 1,
  });
});

it('stages at once are counted, failures included', async () => {
  const { runAtOnce, quickStart } = await import('./examples/workflows/stages.js');
  const { get, recorder } = await app();
  await runAtOnce(get(WorkflowTracer), [
    stage('a', { tokens: 1, costUsd: 0 }),
    stage('b', new Error('broken')),
    stage('c', { tokens: 2, costUsd: 0 }),
  ]);
  expect(attributes(recorder, 'pipeline:fan-out')).toMatchObject({
    'flowmason.pipeline.stage_count': 3,
    'flowmason.pipeline.failed_stage_count': 1,
    'flowmason.pipeline.total_tokens': 13,
  });
  expect(await quickStart(get(WorkflowTracer), async () => 1)).toBe(1);
  expect(attributes(recorder, 'stage:stage-1')['flowmason.stage.output_tokens']).toBe(150);
});

it('calls, decisions and traces of other processes', async () => {
  const { decide, continued } = await import('./examples/workflows/stages.js');
  const { get, recorder } = await app();
  const server = createServer((_request, response) => response.end());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
  });
  expect(
    await decide(get(WorkflowTracer), `http://127.0.0.1:${(server.address() as AddressInfo).port}/`),
  ).toBe('long');
  expect(recorder.tree().map(({ name }) => name)).toEqual(['GET', 'control:branch']);
  const headers = { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' };
  expect(continued(get(TracerManager), get(WorkflowTracer), headers)).toBe('done');
  expect(recorder.span('pipeline:my-pipeline').parentSpanContext?.spanId).toBe('b7ad6b7169203331');
});
