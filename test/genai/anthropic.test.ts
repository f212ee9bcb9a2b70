import Anthropic from '@anthropic-ai/sdk';
import { expect, it } from 'vitest';
import { anthropicAnswer } from './support/anthropic-wire.js';
import { FakeProvider } from './support/fake-provider.js';
import { startGenAi, type GenAiBench } from './support/start.js';

const BODY = {
  model: 'claude-sonnet-5',
  max_tokens: 100,
  system: 'Be brief.',
  messages: [{ role: 'user' as const, content: 'How?' }],
};
const TOOLS = [{ name: 'weather', input_schema: { type: 'object' as const } }];

interface Bench extends GenAiBench {
  readonly provider: FakeProvider;
  readonly client: Anthropic;
  readonly plain: Anthropic;
}

async function start(config: Parameters<typeof startGenAi>[0] = {}): Promise<Bench> {
  const provider = await FakeProvider.start(anthropicAnswer);
  const bench = await startGenAi(config);
  const make = (): Anthropic => new Anthropic({ apiKey: 'test-key', baseURL: provider.url, maxRetries: 0 });
  return { ...bench, provider, client: bench.genAi.instrument(make()), plain: make() };
}

async function collect<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const chunks: T[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

it('a stream, its helper and the beta are seen, with the same events as without us', async () => {
  const { client, plain, recorder } = await start();
  const body = { ...BODY, stream: true as const };
  expect(await collect(await client.messages.create(body))).toEqual(
    await collect(await plain.messages.create(body)),
  );
  expect(await client.messages.stream(BODY).finalText()).toBe('Water first.');
  await client.beta.messages.create(BODY);
  expect(
    recorder
      .spans()
      .map(({ attributes }) => [
        attributes['stream.outcome'],
        attributes['gen_ai.response.finish_reasons'],
        attributes['gen_ai.usage.input_tokens'],
        attributes['gen_ai.usage.output_tokens'],
      ]),
  ).toEqual([
    ['completed', ['end_turn'], 1120, 42],
    ['completed', ['end_turn'], 1120, 42],
    [undefined, ['end_turn'], 1120, 42],
  ]);
});

it.each([false, true])(
  'calls of tools and content are shown where captured (streamed: %s)',
  async (stream) => {
    const { client, attributes } = await start({ capture: true });
    const answer = await client.messages.create({ ...BODY, tools: TOOLS, stream });
    if (stream) await collect(answer as AsyncIterable<unknown>);
    expect(attributes('chat claude-sonnet-5')).toMatchObject({
      'gen_ai.system_instructions': '[{"type":"text","content":"Be brief."}]',
      'gen_ai.input.messages': '[{"role":"user","parts":[{"type":"text","content":"How?"}]}]',
      'gen_ai.output.messages':
        '[{"role":"assistant","parts":[{"type":"tool_call","id":"toolu_1","name":"weather","arguments":{"city":"Paris"}}],"finish_reason":"tool_use"}]',
      'gen_ai.tool.definitions': JSON.stringify(TOOLS),
    });
  },
);
