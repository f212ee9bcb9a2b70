import Anthropic from '@anthropic-ai/sdk';
import { describe, expect, it } from 'vitest';
import { PLAIN_SPAN, shapeOf } from '../support/span-shape.js';
import { anthropicAnswer, messageEvents } from './support/anthropic-wire.js';
import { FakeProvider } from './support/fake-provider.js';
import { startGenAi, withoutTimes, type GenAiBench } from './support/start.js';

const BODY = {
  model: 'claude-sonnet-4-5',
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

const REQUEST = {
  'gen_ai.operation.name': 'chat',
  'gen_ai.provider.name': 'anthropic',
  'gen_ai.request.model': 'claude-sonnet-4-5',
  'gen_ai.request.max_tokens': 100,
  'server.address': '127.0.0.1',
};
const ANSWER = {
  'gen_ai.response.id': 'msg_1',
  'gen_ai.response.model': 'claude-sonnet-4-5-20250929',
  'openai.response.service_tier': 'standard',
};
const INPUT = {
  'gen_ai.usage.input_tokens': 1120,
  'gen_ai.usage.cache_read.input_tokens': 1000,
  'gen_ai.usage.cache_write.input_tokens': 100,
};

it('a message is one span whose input counts cached tokens, and returns what it returns anyway', async () => {
  const { client, plain, provider, recorder } = await start();
  expect(await client.messages.create(BODY)).toEqual(await plain.messages.create(BODY));
  expect(recorder.spans().map(shapeOf)).toEqual([
    {
      ...PLAIN_SPAN,
      name: 'chat claude-sonnet-4-5',
      kind: 'CLIENT',
      attributes: {
        ...REQUEST,
        'server.port': Number(new URL(provider.url).port),
        ...ANSWER,
        'gen_ai.response.finish_reasons': ['end_turn'],
        ...INPUT,
        'gen_ai.usage.output_tokens': 42,
      },
    },
  ]);
});

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
    expect(attributes('chat claude-sonnet-4-5')).toMatchObject({
      'gen_ai.system_instructions': '[{"type":"text","content":"Be brief."}]',
      'gen_ai.input.messages': '[{"role":"user","parts":[{"type":"text","content":"How?"}]}]',
      'gen_ai.output.messages':
        '[{"role":"assistant","parts":[{"type":"tool_call","id":"toolu_1","name":"weather","arguments":{"city":"Paris"}}],"finish_reason":"tool_use"}]',
      'gen_ai.tool.definitions': JSON.stringify(TOOLS),
    });
  },
);

describe('broken off', () => {
  const events = messageEvents();
  /** A ping is no chunk. */
  const counts = events.flatMap((event, index) => (event.includes('ping') ? [] : [index + 1]));

  it.each(counts)('after event %i, the span ends once with the tokens so far', async (count) => {
    const { client, provider, recorder } = await start();
    provider.answers((request) => ({ ...anthropicAnswer(request), holdAfter: count }));
    const stream = await client.messages.create({ ...BODY, stream: true });
    const iterator = stream[Symbol.asyncIterator]();
    const chunks = events.slice(0, count).filter((event) => !event.includes('ping')).length;
    for (let index = 0; index < chunks; index += 1) await iterator.next();
    stream.controller.abort();
    await recorder.waitFor('chat claude-sonnet-4-5');
    const finished = events.slice(0, count).some((event) => event.includes('message_delta'));
    expect(recorder.spans().map(({ attributes }) => withoutTimes(attributes))).toEqual([
      {
        ...REQUEST,
        'server.port': Number(new URL(provider.url).port),
        'gen_ai.request.stream': true,
        'gen_ai.response.time_to_first_chunk': 'number',
        'stream.outcome': finished ? 'completed' : 'client_disconnect',
        ...ANSWER,
        ...INPUT,
        'gen_ai.usage.output_tokens': finished ? 42 : 1,
        ...(finished ? { 'gen_ai.response.finish_reasons': ['end_turn'] } : {}),
      },
    ]);
  });

  it.each(counts)('by the network after event %i, as without us', async (count) => {
    const { client, plain, provider, recorder } = await start();
    provider.answers((request) => ({ ...anthropicAnswer(request), cutAfter: count }));
    const failure = async (one: Anthropic): Promise<unknown> => {
      try {
        return await collect(await one.messages.create({ ...BODY, stream: true }));
      } catch (error) {
        return [(error as Error).constructor.name, (error as Error).message];
      }
    };
    expect(await failure(client)).toEqual(await failure(plain));
    expect(recorder.spans()).toHaveLength(1);
  });
});

it.each([
  [429, 'rate_limit_error'],
  [500, 'api_error'],
])('an answer of %i ends the span with the provider’s type', async (status, type) => {
  const { client, plain, provider, recorder } = await start();
  provider.answers(() => ({ status, json: { type: 'error', error: { type, message: 'No.' } } }));
  const failure = async (one: Anthropic): Promise<unknown> => {
    try {
      return await one.messages.create(BODY);
    } catch (error) {
      const { name, message } = error as Error;
      return { name, message };
    }
  };
  expect(await failure(client)).toEqual(await failure(plain));
  expect(recorder.spans().map(({ attributes, status }) => [attributes['error.type'], status.code])).toEqual([
    [type, 2],
  ]);
});
