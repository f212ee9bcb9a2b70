import { expect, it } from 'vitest';
import { Controller, Get, Inject, Param } from '@nestjs/common';
import { GenAiModule, GenAiTracer } from '../../src/entry-points/genai.js';
import { WorkflowTracer } from '../../src/entry-points/workflow.js';
import { TracerManager } from '../../src/index.js';
import { startApp } from '../support/test-app.js';
import { startGenAi } from './support/start.js';

const PRICES = {
  'gpt-4o': { inputPerMillion: 2.5, outputPerMillion: 10, cachedInputPerMillion: 1.25 },
  'gpt-4o-*': { inputPerMillion: 100 },
  'azure.ai.openai/gpt-4o': { inputPerMillion: 5, outputPerMillion: 20 },
  'claude-*': { inputPerMillion: 3, outputPerMillion: 15, cacheWritePerMillion: 3.75 },
};

const CHAT = { provider: 'openai', model: 'gpt-4o' };

it('a call costs what the longest name that fits says, in both vocabularies', async () => {
  const { genAi, recorder } = await startGenAi({ conventions: 'both', prices: PRICES });
  const ask = (provider: string, model: string, response?: string): void => {
    genAi.withChat({ provider, model }, (call) => {
      if (response !== undefined) call.setResponse({ model: response });
      call.setUsage({ inputTokens: 1204, outputTokens: 318, cacheReadTokens: 1000, cacheWriteTokens: 100 });
    });
  };
  ask('openai', 'gpt-4o');
  ask('azure.ai.openai', 'gpt-4o');
  ask('openai', 'gpt-4o', 'gpt-4o-2024-08-06');
  ask('anthropic', 'claude-sonnet');
  ask('openai', 'unknown');
  expect(
    recorder
      .spans()
      .map(({ attributes }) => [
        attributes['llm.cost.prompt'],
        attributes['llm.cost.completion'],
        attributes['llm.cost.total'],
        attributes['gen_ai.usage.cost'],
      ]),
  ).toEqual([
    [0.00176, 0.00318, 0.00494, 0.00494],
    [0.00602, 0.00636, 0.01238, 0.01238],
    [0.1204, 0, 0.1204, 0.1204],
    [0.003687, 0.00477, 0.008457, 0.008457],
    [undefined, undefined, undefined, undefined],
  ]);
});

it('prices change live, and the calls after that cost the new ones', async () => {
  const { genAi, manager, recorder } = await startGenAi({ prices: { 'gpt-4o': { inputPerMillion: 1 } } });
  const ask = (): void => {
    genAi.withChat(CHAT, (call) => {
      call.setUsage({ inputTokens: 1_000_000 });
    });
  };
  ask();
  await manager.reconfigure({ genai: { prices: { 'gpt-4o': { inputPerMillion: 2 } } } });
  ask();
  await expect(
    manager.reconfigure({ genai: { prices: { 'gpt-4o': { inputPerMillion: -1 } } } }),
  ).rejects.toThrow(/genai\.prices\.gpt-4o\.inputPerMillion/);
  expect(recorder.spans().map(({ attributes }) => attributes['gen_ai.usage.cost'])).toEqual([1, 2]);
});

it('tokens and cost are summed on the agent, the pipeline, the request and the conversation', async () => {
  @Controller()
  class Chats {
    constructor(
      @Inject(GenAiTracer) private readonly genAi: GenAiTracer,
      @Inject(WorkflowTracer) private readonly workflow: WorkflowTracer,
    ) {}

    @Get(':conversation')
    answer(@Param('conversation') conversation: string): string {
      return this.workflow.withPipelineSpan('answer', () =>
        this.workflow.withStageSpan('think', () =>
          this.genAi.withAgent({ name: 'Tea', conversation }, () => {
            this.ask();
            this.genAi.withTool({ name: 'boil' }, () => {
              this.ask();
            });
            return 'done';
          }),
        ),
      );
    }

    private ask(): void {
      this.genAi.withChat(CHAT, (call) => {
        call.setUsage({ inputTokens: 1000, outputTokens: 100 });
      });
    }
  }
  const app = await startApp({
    imports: [GenAiModule],
    controllers: [Chats],
    telemetry: { genai: { prices: PRICES } },
  });
  await app.get('/c1');
  const request = await app.recorder.waitFor('GET /:conversation');
  const cost = (name: string): unknown => app.recorder.span(name).attributes['gen_ai.usage.cost'];
  expect([cost('chat gpt-4o'), cost('execute_tool boil'), cost('invoke_agent Tea')]).toEqual([
    0.0035, 0.0035, 0.007,
  ]);
  expect(request.attributes).toMatchObject({
    'gen_ai.usage.cost': 0.007,
    'gen_ai.usage.input_tokens': 2000,
    'gen_ai.usage.output_tokens': 200,
  });
  expect(app.recorder.span('pipeline:answer').attributes).toMatchObject({
    'workflow.pipeline.total_cost_usd': 0.007,
    'workflow.pipeline.total_tokens': 2200,
  });
  app.recorder.clear();
  await app.get('/c1');
  await app.get('/c2');
  await app.recorder.waitFor(
    () => app.recorder.spans().filter(({ name }) => name.startsWith('GET')).length === 2,
  );
  expect(
    app.recorder
      .spans()
      .filter(({ name }) => name === 'chat gpt-4o')
      .map(({ attributes }) => [
        attributes['gen_ai.conversation.id'],
        attributes['gen_ai.conversation.cost'],
      ]),
  ).toEqual([
    ['c1', 0.0105],
    ['c1', 0.014],
    ['c2', 0.0035],
    ['c2', 0.007],
  ]);
});

it('200 conversations at once of different sessions, users and tenants share nothing', async () => {
  @Controller()
  class Chats {
    constructor(
      @Inject(GenAiTracer) private readonly genAi: GenAiTracer,
      @Inject(TracerManager) private readonly manager: TracerManager,
    ) {}

    @Get(':id')
    answer(@Param('id') id: string): Promise<string> {
      return this.manager.withAttributes({ sessionId: `session-${id}`, userId: `user-${id}` }, () =>
        this.genAi.withAgent({ name: `agent-${id}`, conversation: `c-${id}` }, async () => {
          for (const turn of [1, 2]) {
            await new Promise(setImmediate);
            for await (const _chunk of this.genAi.withChat(
              { provider: 'openai', model: `model-${id}` },
              (call) => tokens(call, Number(id) * turn),
            )) {
              await new Promise(setImmediate);
            }
          }
          return id;
        }),
      );
    }
  }
  async function* tokens(
    call: { setUsage(usage: { inputTokens: number }): void },
    inputTokens: number,
  ): AsyncGenerator<string> {
    yield 'a';
    await new Promise(setImmediate);
    call.setUsage({ inputTokens });
    yield 'b';
  }
  const app = await startApp({
    imports: [GenAiModule],
    controllers: [Chats],
    telemetry: {
      tenants: {
        resolve: (request: { headers: Record<string, string> }) => request.headers['x-tenant'],
        config: (tenant: string) => ({ resourceAttributes: { tenant } }),
      } as never,
    },
  });
  const ids = Array.from({ length: 200 }, (_, index) => index + 1);
  await Promise.all(ids.map((id) => app.get(`/${id}`, { 'x-tenant': `tenant-${id % 5}` })));
  await app.recorder.waitFor(
    () => app.recorder.spans().filter(({ name }) => name === 'GET /:id').length === 200,
  );
  const chats = app.recorder.spans().filter(({ name }) => /^(chat|invoke_agent) /.test(name));
  expect(
    chats
      .map(({ name, attributes, resource }) => [
        name,
        attributes['session.id'],
        attributes['user.id'],
        attributes['gen_ai.conversation.id'],
        attributes['gen_ai.usage.input_tokens'],
        resource.attributes['tenant'],
      ])
      .sort(),
  ).toEqual(
    ids
      .flatMap((id) => {
        const shared = [`session-${id}`, `user-${id}`, `c-${id}`];
        const tenant = `tenant-${id % 5}`;
        return [
          [`chat model-${id}`, ...shared, id, tenant],
          [`chat model-${id}`, ...shared, id * 2, tenant],
          [`invoke_agent agent-${id}`, ...shared, id * 3, tenant],
        ];
      })
      .sort(),
  );
});
