import { Module, type Type } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { GenAiModule, GenAiTracer, type GenAiConfig } from 'nestjs-telemetry/genai';
import { SpanRecorder, TelemetryTestingModule } from 'nestjs-telemetry/testing';
import { expect, it, onTestFinished } from 'vitest';
import { FakeProvider } from '../genai/support/fake-provider.js';
import { openAiAnswer } from '../genai/support/openai-wire.js';

interface App {
  get<T>(type: Type<T>): T;
  readonly recorder: SpanRecorder;
}

async function app(genai: GenAiConfig, ...providers: Type[]): Promise<App> {
  class AppModule {}
  Module({ providers })(AppModule);
  const module = await Test.createTestingModule({
    imports: [TelemetryTestingModule.forRoot({ genai }), GenAiModule, AppModule],
  }).compile();
  onTestFinished(() => module.close());
  return { get: (type) => module.get(type, { strict: false }), recorder: module.get(SpanRecorder) };
}

it("the guide's chapter on GenAI operations gives a chat span with user, conversation, parameters and tokens", async () => {
  const { AiModel, AnswerService } = await import('./examples/genai/answers.js');
  const { get, recorder } = await app({}, AiModel, AnswerService);
  expect(await get(AnswerService).generateAnswer('c1', 'How?', 'ada')).toBe('Water first.');
  expect(recorder.span('chat llama-3.1-8B').attributes).toEqual({
    'user.id': 'ada',
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': 'openai',
    'gen_ai.request.model': 'llama-3.1-8B',
    'gen_ai.conversation.id': 'c1',
    'gen_ai.agent.id': 'aa_qa_chat',
    'gen_ai.request.temperature': 0.7,
    'gen_ai.request.max_tokens': 1000,
    'ai.prompt_length': 4,
    'gen_ai.response.finish_reasons': ['stop'],
    'gen_ai.usage.input_tokens': 12,
    'gen_ai.usage.output_tokens': 3,
  });
});

it('the tree of `user_interaction` has its guardrails, with OpenInference kinds and Pass or Fail', async () => {
  const { Interaction } = await import('./examples/genai/interaction.js');
  const { get, recorder } = await app({ conventions: 'openinference', capture: true }, Interaction);
  expect(await get(Interaction).interact('How warm is it?')).toBe('It is 14 degrees.');
  expect(recorder.tree()).toEqual([
    {
      name: 'user_interaction',
      children: [
        {
          name: 'validate_interaction',
          children: [
            { name: 'Jailbreak Check', children: [] },
            { name: 'Toxic Check', children: [] },
          ],
        },
        { name: 'execute_tool weather', children: [] },
      ],
    },
  ]);
  expect(
    recorder
      .spans()
      .map(({ name, attributes }) => [
        name,
        attributes['openinference.span.kind'],
        attributes['output.value'],
      ]),
  ).toEqual([
    ['Jailbreak Check', 'GUARDRAIL', 'Pass'],
    ['Toxic Check', 'GUARDRAIL', 'Pass'],
    ['validate_interaction', 'GUARDRAIL', 'Pass'],
    ['execute_tool weather', 'TOOL', '{"degrees":14}'],
    ['user_interaction', 'CHAIN', 'It is 14 degrees.'],
  ]);
});

it('the example of clients is seen', async () => {
  const { openAi, ownClient } = await import('./examples/genai/clients.js');
  const provider = await FakeProvider.start(openAiAnswer);
  const { get, recorder } = await app({});
  const client = openAi(get(GenAiTracer), { apiKey: 'test-key', baseURL: `${provider.url}/v1` });
  await client.chat.completions.create({ model: 'gpt-4o', messages: [] });
  const stream = ownClient(get(GenAiTracer), {
    async *stream() {
      yield { word: 'tea', last: true };
    },
  });
  for await (const _chunk of stream);
  expect(
    recorder.spans().map(({ name, attributes }) => [name, attributes['gen_ai.response.finish_reasons']]),
  ).toEqual([
    // The HTTP call of the client below its chat.
    ['POST', undefined],
    ['chat gpt-4o', ['stop']],
    ['chat mine-1', ['stop']],
  ]);
});

it('the example of a module provides the tracer', async () => {
  const { AppModule } = await import('./examples/genai/app.module.js');
  const module = await Test.createTestingModule({ imports: [AppModule] }).compile();
  onTestFinished(() => module.close());
  expect(module.get(GenAiTracer, { strict: false })).toBeInstanceOf(GenAiTracer);
});
