import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SpanKind } from '@opentelemetry/api';
import { lastValueFrom, of, tap } from 'rxjs';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Usage } from '../../src/entry-points/workflow.js';
import { shapeOf } from '../support/span-shape.js';
import { start } from './support.js';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('sums', () => {
  it('of 20 parallel stages, some of which fail or are skipped, are right', async () => {
    const { tracer, recorder, attributes } = await start();
    const failing = (index: number): boolean => index % 5 === 0;
    const skipped = (index: number): boolean => index % 7 === 0 && !failing(index);
    const indexes = Array.from({ length: 20 }, (_, index) => index + 1);
    await tracer.withPipelineSpan('fan-out', { runId: 'r1' }, async (_span, run) => {
      await Promise.allSettled(
        indexes.map((index) =>
          tracer.withStageSpan(`s${index}`, async (_stageSpan, stage) => {
            for (let wait = 0; wait < index % 4; wait += 1) await turn();
            if (skipped(index)) {
              stage.skip('nothing to do');
              return;
            }
            await tracer.withLlmSpan({ provider: 'p', model: 'm' }, async (_llmSpan, call) => {
              await turn();
              call.recordUsage({ inputTokens: index, outputTokens: 2 * index, costUsd: 0.1 });
            });
            if (failing(index)) throw new Error(`stage ${index}`);
          }),
        ),
      );
      run.addUsage({ outputTokens: 0 });
    });
    const working = indexes.filter((index) => !skipped(index));
    expect(attributes('pipeline:fan-out')).toEqual({
      span_kind: 'pipeline',
      'pipeline.name': 'fan-out',
      'run.id': 'r1',
      'pipeline.success': true,
      'pipeline.stage_count': 20,
      'pipeline.failed_stage_count': 4,
      'pipeline.skipped_stage_count': indexes.filter(skipped).length,
      'pipeline.total_tokens': working.reduce((sum, index) => sum + 3 * index, 0),
      'pipeline.total_cost_usd': Number((working.length * 0.1).toFixed(9)),
    });
    for (const index of indexes) {
      const stage = attributes(`stage:s${index}`);
      expect(stage).toEqual({
        span_kind: 'stage',
        'stage.id': `s${index}`,
        'stage.name': `s${index}`,
        ...(skipped(index)
          ? { 'stage.skipped': true, 'stage.skip_reason': 'nothing to do' }
          : {
              'stage.success': !failing(index),
              'stage.input_tokens': index,
              'stage.output_tokens': 2 * index,
              'stage.cost_usd': 0.1,
              ...(failing(index) ? { 'error.type': 'Error' } : {}),
            }),
      });
    }
    // The pipeline, 20 stages, and a call in each that was not skipped.
    expect(recorder.spans()).toHaveLength(21 + working.length);
    expect(recorder.tree()).toHaveLength(1);
  });

  it('of two runs at once stay apart', async () => {
    const { tracer, recorder } = await start();
    await Promise.all(
      [1, 2].map((tokens) =>
        tracer.withPipelineSpan(`run ${tokens}`, async () => {
          await turn();
          await tracer.withStageSpan('only', async (_span, stage) => {
            await turn();
            stage.addUsage({ outputTokens: tokens });
          });
        }),
      ),
    );
    expect(
      [1, 2].map((n) => recorder.span(`pipeline:run ${n}`).attributes['workflow.pipeline.total_tokens']),
    ).toEqual([1, 2]);
  });

  it('keep zeros, and leave out what nobody reported', async () => {
    const { tracer, attributes } = await start();
    tracer.withPipelineSpan('zero', { runId: 'r' }, () => {
      tracer.withStageSpan('s', (_span, stage) => {
        stage.recordSuccess({ outputTokens: 0, costUsd: 0, durationMillis: 0 });
      });
    });
    tracer.withPipelineSpan('silent', { runId: 'r' }, () => {});
    expect(attributes('pipeline:zero')).toMatchObject({
      'pipeline.total_tokens': 0,
      'pipeline.total_cost_usd': 0,
    });
    expect(attributes('stage:s')).toMatchObject({ 'stage.output_tokens': 0, 'stage.cost_usd': 0 });
    expect(Object.keys(attributes('pipeline:silent'))).not.toContain('pipeline.total_tokens');
  });

  it('leave out what is no number, as in answers of models', async () => {
    const { tracer, attributes } = await start();
    const odd = { inputTokens: null, outputTokens: '12', costUsd: '0.1' } as unknown as Usage;
    const answer = tracer.withPipelineSpan('odd', { runId: 'r' }, () =>
      tracer.withStageSpan('s', () =>
        tracer.withLlmSpan({ provider: 'p', model: 'm' }, (_span, call) => {
          call.recordUsage(odd);
          call.recordUsage({ inputTokens: 1, outputTokens: NaN, costUsd: Infinity });
          call.recordUsage({ inputTokens: 2 });
          return 'answer';
        }),
      ),
    );
    expect(answer).toBe('answer');
    const sums = (name: string): object =>
      Object.fromEntries(Object.entries(attributes(name)).filter(([key]) => /(tokens|cost_usd)$/.test(key)));
    expect(['llm:p/m', 'stage:s', 'pipeline:odd'].map(sums)).toEqual([
      { 'llm.input_tokens': 3, 'gen_ai.usage.input_tokens': 3 },
      { 'stage.input_tokens': 3 },
      { 'pipeline.total_tokens': 3 },
    ]);
  });

  it('give way to what the run says of itself', async () => {
    const { tracer, recorder } = await start();
    const run = tracer.pipelineRun({ name: 'own', pipelineId: 'p', runId: 'r' });
    run.execute(() => {
      run.stage({ id: 's' }, (_span, stage) => {
        stage.recordSuccess({ durationMillis: 7, outputTokens: 5 });
      });
      run.recordComplete({ success: false, totalDurationMillis: 9, totalTokens: 0, totalCostUsd: 0 });
    });
    expect(recorder.span('pipeline:own').attributes).toMatchObject({
      'workflow.pipeline.duration_ms': 9,
      'workflow.pipeline.success': false,
      'workflow.pipeline.total_tokens': 0,
      'workflow.pipeline.total_cost_usd': 0,
    });
    expect(recorder.span('stage:s').attributes).toMatchObject({ 'workflow.stage.duration_ms': 7 });
  });
});

describe('outcomes', () => {
  it('a failure that is handled counts as one', async () => {
    const { tracer, recorder, attributes } = await start();
    tracer.withPipelineSpan('handled', { runId: 'r' }, () => {
      tracer.withStageSpan('s', (_span, stage) => {
        stage.recordFailure(new Error('handled'), { outputTokens: 3 });
      });
    });
    expect(shapeOf(recorder.span('stage:s')).status).toEqual({ code: 'ERROR', message: 'handled' });
    expect(attributes('pipeline:handled')).toMatchObject({
      'pipeline.success': true,
      'pipeline.failed_stage_count': 1,
      'pipeline.total_tokens': 3,
    });
  });

  it('a failure that is thrown fails stage and pipeline, and is recorded once', async () => {
    const { tracer, recorder, attributes } = await start();
    expect(() => {
      tracer.withPipelineSpan('thrown', { runId: 'r' }, () => {
        tracer.withStageSpan('s', (_span, stage) => {
          const error = new Error('thrown');
          stage.recordFailure(error);
          throw error;
        });
      });
    }).toThrow('thrown');
    expect(recorder.spans().map(({ name, events }) => [name, events.length])).toEqual([
      ['stage:s', 1],
      ['pipeline:thrown', 0],
    ]);
    expect(attributes('pipeline:thrown')).toMatchObject({
      'pipeline.success': false,
      'pipeline.failed_stage_count': 1,
    });
  });

  it('a stage that is skipped as a whole is a span and no success', async () => {
    const { tracer, attributes } = await start();
    const run = tracer.pipelineRun({ name: 'p' });
    run.execute(() => {
      run.skipStage({ id: 's', name: 'enrich' }, 'no data');
    });
    expect(attributes('stage:enrich')).toEqual({
      span_kind: 'stage',
      'stage.id': 's',
      'stage.name': 'enrich',
      'stage.skipped': true,
      'stage.skip_reason': 'no data',
    });
  });

  it('a stage that returns a stream lasts as long as the stream, and so do its tokens', async () => {
    const { tracer, recorder, attributes } = await start();
    const tokens = tracer.withPipelineSpan('streaming', { runId: 'r' }, () =>
      tracer.withStageSpan('s', (_span, stage) =>
        of('a', 'b').pipe(
          tap(() => {
            stage.addUsage({ outputTokens: 1 });
          }),
        ),
      ),
    );
    expect(recorder.spans()).toEqual([]);
    await lastValueFrom(tokens);
    expect(attributes('stage:s')).toMatchObject({ 'stage.output_tokens': 2, 'stage.success': true });
    expect(attributes('pipeline:streaming')).toMatchObject({ 'pipeline.total_tokens': 2 });
  });
});

describe('a stage', () => {
  it('of a run is below the run, wherever the call is made', async () => {
    const { tracer, recorder } = await start();
    const run = tracer.pipelineRun({ name: 'p' });
    let elsewhere = (): void => {};
    const over = run.execute(
      () =>
        new Promise<void>((resolve) => {
          elsewhere = resolve;
        }),
    );
    tracer.withPipelineSpan('other', () => {
      run.stage({ id: 'outer' }, () => {
        run.stage({ id: 'inner' }, () => {});
      });
    });
    elsewhere();
    await over;
    expect(recorder.tree()).toEqual([
      {
        name: 'pipeline:p',
        children: [{ name: 'stage:outer', children: [{ name: 'stage:inner', children: [] }] }],
      },
      { name: 'pipeline:other', children: [] },
    ]);
  });

  it('of a run that is not sampled begins no trace of its own', async () => {
    const { tracer, manager, recorder } = await start({ sampler: 0 });
    const run = tracer.pipelineRun({ name: 'p' });
    run.execute(() => {});
    await manager.reconfigure({ sampler: 1 });
    run.stage({ id: 's' }, () => {});
    expect(recorder.spans()).toEqual([]);
  });

  it('without a span counts all the same', async () => {
    const { tracer, manager, recorder, attributes } = await start({ sampler: { exclude: ['stage:quiet'] } });
    await tracer.withPipelineSpan('p', { runId: 'r' }, async () => {
      await tracer.withStageSpan('quiet', async (_span, stage) => {
        await turn();
        stage.addUsage({ outputTokens: 2 });
      });
      await manager
        .withoutTracing(() =>
          tracer.withStageSpan('hidden', async () => {
            throw new Error('hidden');
          }),
        )
        .catch(() => {});
    });
    expect(recorder.spans()).toHaveLength(1);
    expect(attributes('pipeline:p')).toMatchObject({
      'pipeline.stage_count': 2,
      'pipeline.failed_stage_count': 1,
      'pipeline.total_tokens': 2,
    });
  });
});

describe('calls', () => {
  it('of models are client spans, unless traceLlmCalls is off; tokens count in any case', async () => {
    const { tracer, manager, recorder, attributes } = await start();
    const work = (name: string): void => {
      tracer.withPipelineSpan(name, { runId: 'r' }, () => {
        tracer.withLlmSpan({ provider: 'openai', model: 'gpt-4', operation: 'chat' }, (_span, call) => {
          call.recordUsage({ inputTokens: 1, outputTokens: 0 });
        });
      });
    };
    work('traced');
    expect(shapeOf(recorder.span('llm:openai/gpt-4'))).toMatchObject({ kind: 'CLIENT' });
    expect(attributes('llm:openai/gpt-4')).toEqual({
      span_kind: 'llm_call',
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'gpt-4',
      'gen_ai.usage.input_tokens': 1,
      'gen_ai.usage.output_tokens': 0,
      'llm.provider': 'openai',
      'llm.model': 'gpt-4',
      'llm.operation': 'chat',
      'llm.input_tokens': 1,
      'llm.output_tokens': 0,
    });
    recorder.clear();
    await manager.reconfigure({ traceLlmCalls: false });
    work('untraced');
    expect(recorder.spans().map(({ name }) => name)).toEqual(['pipeline:untraced']);
    expect(attributes('pipeline:untraced')).toMatchObject({ 'pipeline.total_tokens': 1 });
  });

  it('of other services are client spans with their status, unless traceHttpRequests is off', async () => {
    const server = createServer((request, response) => {
      response.statusCode = request.url === '/missing' ? 404 : 200;
      response.end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      server.close();
    });
    const { port } = server.address() as AddressInfo;
    const { tracer, manager, recorder } = await start();
    for (const path of ['/there?x=1', '/missing']) {
      const url = new URL(`http://127.0.0.1:${port}${path}`);
      await tracer.withHttpSpan('get', `http://user:secret@${url.host}${path}`, () => fetch(url));
    }
    const common = {
      'http.request.method': 'GET',
      'server.address': '127.0.0.1',
      'server.port': port,
      'workflow.span_kind': 'http_request',
    };
    expect(
      recorder
        .spans()
        .map(({ name, kind, attributes, status }) => [name, SpanKind[kind], status.code, attributes]),
    ).toEqual([
      [
        'GET',
        'CLIENT',
        0,
        { ...common, 'url.full': `http://127.0.0.1:${port}/there?x=1`, 'http.response.status_code': 200 },
      ],
      [
        'GET',
        'CLIENT',
        2,
        {
          ...common,
          'url.full': `http://127.0.0.1:${port}/missing`,
          'http.response.status_code': 404,
          'error.type': '404',
        },
      ],
    ]);
    await manager.reconfigure({ traceHttpRequests: false });
    expect(tracer.withHttpSpan('GET', 'http://127.0.0.1', (span) => span.isRecording())).toBe(false);
    expect(recorder.spans()).toHaveLength(2);
  });

  it('decisions are spans of their own', async () => {
    const { tracer, attributes } = await start();
    expect(tracer.withControlFlowSpan('branch', 'stage-1', () => 'left')).toBe('left');
    tracer.withControlFlowSpan('loop', () => {});
    expect(attributes('control:branch')).toEqual({
      span_kind: 'control_flow',
      'control_flow.type': 'branch',
      'stage.id': 'stage-1',
    });
    expect(attributes('control:loop')).toEqual({ span_kind: 'control_flow', 'control_flow.type': 'loop' });
  });
});

describe('inputs and outputs', () => {
  it('are recorded where the configuration says so, secrets by name left out', async () => {
    const { tracer, recorder } = await start({ includeInputOutput: true });
    await tracer.withPipelineSpan('io', { input: { topic: 'tea', apiKey: 'k' } }, async () => ({
      text: 'hot',
    }));
    expect(recorder.span('pipeline:io').attributes).toMatchObject({
      'input.value': '{"topic":"tea","apiKey":"__REDACTED__"}',
      'output.value': '{"text":"hot"}',
    });
  });

  it('by names alone where the pipeline says so', async () => {
    const { tracer, attributes } = await start();
    tracer.withPipelineSpan(
      'names',
      { runId: 'r', input: { topic: 'tea' }, includeInput: 'keys', includeOutput: 'keys' },
      () => ({ text: 'hot' }),
    );
    expect(attributes('pipeline:names')).toMatchObject({ 'input.keys': ['topic'], 'output.keys': ['text'] });
    expect(Object.keys(attributes('pipeline:names'))).not.toContain('input.value');
  });
});

it('works without telemetry, at the same results', async () => {
  const { tracer, recorder } = await start({ enabled: false });
  const result = await tracer.withPipelineSpan('off', async (span, run) => {
    span.setAttribute('never', 'seen');
    run.addEvent('never seen');
    return tracer.withStageSpan('s', async (_span, stage) => {
      stage.recordFailure(new Error('handled'));
      return tracer.withLlmSpan({ provider: 'p', model: 'm' }, (_llmSpan, call) => {
        call.recordUsage({ outputTokens: 1 });
        return 'done';
      });
    });
  });
  expect([result, recorder.spans()]).toEqual(['done', []]);
});

it('puts attributes under the configured prefix, which can change', async () => {
  const { tracer, manager, recorder } = await start({ workflowPrefix: 'flowmason.' });
  const keys = (): string[] =>
    Object.keys(recorder.spans().at(-1)!.attributes).map((key) => key.split('.')[0]!);
  tracer.withStageSpan('s', () => {});
  expect(new Set(keys())).toEqual(new Set(['flowmason']));
  await manager.reconfigure({ workflowPrefix: 'acme.' });
  tracer.withStageSpan('s', () => {});
  expect(new Set(keys())).toEqual(new Set(['acme']));
});

it('continues another process’s trace below a given parent', async () => {
  const { tracer, manager, recorder } = await start();
  const parent = manager.extract({ traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' });
  tracer.withPipelineSpan('continued', { parent }, () => {
    tracer.withStageSpan('s', () => {});
  });
  expect(recorder.spans().map((span) => span.spanContext().traceId)).toEqual(
    Array.from({ length: 2 }, () => '0af7651916cd43dd8448eb211c80319c'),
  );
  expect(recorder.span('pipeline:continued').parentSpanContext?.spanId).toBe('b7ad6b7169203331');
});
