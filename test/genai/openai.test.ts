import OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import type { Attributes } from '@opentelemetry/api';
import { FakeProvider } from './support/fake-provider.js';
import { openAiAnswer } from './support/openai-wire.js';
import { startGenAi, withoutTimes, type GenAiBench } from './support/start.js';

const MESSAGES = [{ role: 'user' as const, content: 'How do I make tea?' }];
const CHAT = { model: 'gpt-4o', messages: MESSAGES };

interface Bench extends GenAiBench {
  readonly provider: FakeProvider;
  /** Instrumented. */
  readonly client: OpenAI;
  /** The same client without us. */
  readonly plain: OpenAI;
}

async function start(config: Parameters<typeof startGenAi>[0] = {}): Promise<Bench> {
  const provider = await FakeProvider.start(openAiAnswer);
  const bench = await startGenAi(config);
  const make = (): OpenAI => new OpenAI({ apiKey: 'test-key', baseURL: `${provider.url}/v1`, maxRetries: 0 });
  return { ...bench, provider, client: bench.genAi.instrument(make()), plain: make() };
}

function expected(provider: FakeProvider, attributes: Attributes = {}): Attributes {
  return {
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': 'openai',
    'gen_ai.request.model': 'gpt-4o',
    'openai.api.type': 'chat_completions',
    'server.address': '127.0.0.1',
    'server.port': Number(new URL(provider.url).port),
    ...attributes,
  };
}

const TOKENS: Attributes = {
  'gen_ai.usage.input_tokens': 1204,
  'gen_ai.usage.output_tokens': 318,
  'gen_ai.usage.cache_read.input_tokens': 1000,
  'gen_ai.usage.reasoning.output_tokens': 12,
};

async function collect<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const chunks: T[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

describe('a chat completion', () => {
  it('gives the raw response, the request id and the promise methods of the client', async () => {
    const { client, recorder, genAi } = await start();
    const promise = client.chat.completions.create(CHAT);
    expect(promise.constructor.name).toBe('APIPromise');
    const { data, response } = await promise.withResponse();
    expect([data.id, response.status]).toEqual(['chatcmpl-1', 200]);
    const raw = await client.chat.completions.create(CHAT).asResponse();
    expect(((await raw.json()) as { id: string }).id).toBe('chatcmpl-1');
    expect(recorder.spans().map(({ attributes }) => attributes['gen_ai.response.id'])).toEqual([
      'chatcmpl-1',
      undefined,
    ]);
    expect(genAi.instrument(client)).toBe(client);
    const copy = client.withOptions({ timeout: 1000 });
    await copy.chat.completions.parse(CHAT);
    expect(recorder.spans()).toHaveLength(3);
  });
});

describe('a streamed chat completion', () => {
  it('has no tokens where nobody asks for them, and guesses none', async () => {
    const { client, attributes } = await start();
    await collect(await client.chat.completions.create({ ...CHAT, stream: true }));
    expect(Object.keys(attributes('chat gpt-4o')).filter((name) => name.includes('usage'))).toEqual([]);
  });

  it('asks for tokens with `streamUsage`, and the app sees the chunks that it would see without', async () => {
    const { genAi, plain, provider, recorder } = await start();
    const client = genAi.instrument(
      new OpenAI({ apiKey: 'test-key', baseURL: `${provider.url}/v1`, maxRetries: 0 }),
      { streamUsage: true },
    );
    const body = { ...CHAT, stream: true as const };
    expect(await collect(await client.chat.completions.create(body))).toEqual(
      await collect(await plain.chat.completions.create(body)),
    );
    expect(recorder.spans()[0]?.attributes).toMatchObject(TOKENS);
  });

  it('is seen through the helpers of the client, teed and as a web stream', async () => {
    const { client, recorder } = await start();
    const runner = client.chat.completions.stream({ ...CHAT, stream_options: { include_usage: true } });
    expect(await runner.finalContent()).toBe('Water first, then tea.');
    const [left, right] = (await client.chat.completions.create({ ...CHAT, stream: true })).tee();
    expect((await collect(left)).length).toBe((await collect(right)).length);
    const web = (await client.chat.completions.create({ ...CHAT, stream: true })).toReadableStream();
    expect(await new Response(web as ReadableStream).text()).toContain('tea');
    expect(recorder.spans().map(({ attributes }) => attributes['stream.outcome'])).toEqual([
      'completed',
      'completed',
      'completed',
    ]);
  });
});

describe('retries', () => {
  it('are left to the client: one call, one span', async () => {
    const { genAi, provider, recorder } = await start();
    let refusals = 1;
    provider.answers((request) =>
      refusals-- > 0 ? { status: 500, headers: { 'retry-after-ms': '1' }, json: {} } : openAiAnswer(request),
    );
    const client = genAi.instrument(
      new OpenAI({ apiKey: 'test-key', baseURL: `${provider.url}/v1`, maxRetries: 1 }),
    );
    await client.chat.completions.create(CHAT);
    expect([provider.requests.length, recorder.spans().length]).toEqual([2, 1]);
    expect(recorder.spans()[0]?.status.code).toBe(0);
  });
});

describe('other endpoints', () => {
  it('the responses API, whole and streamed', async () => {
    const { client, plain, provider, recorder } = await start({ capture: { outputMessages: true } });
    const body = { model: 'gpt-4o', input: 'How?', conversation: 'conv_1' };
    expect(await client.responses.create(body)).toEqual(await plain.responses.create(body));
    const stream = { ...body, stream: true as const };
    expect(await collect(await client.responses.create(stream))).toEqual(
      await collect(await plain.responses.create(stream)),
    );
    const answered = expected(provider, {
      'openai.api.type': 'responses',
      'gen_ai.conversation.id': 'conv_1',
      'gen_ai.response.id': 'resp_1',
      'gen_ai.response.model': 'gpt-4o-2024-08-06',
      'gen_ai.response.finish_reasons': ['completed'],
      'openai.response.service_tier': 'default',
      'gen_ai.output.messages':
        '[{"role":"assistant","parts":[{"type":"text","content":"Water first, then tea."}],"finish_reason":"completed"}]',
      ...TOKENS,
    });
    expect(recorder.spans().map(({ attributes }) => withoutTimes(attributes))).toEqual([
      answered,
      {
        ...answered,
        'gen_ai.request.stream': true,
        'gen_ai.response.time_to_first_chunk': 'number',
        'stream.outcome': 'completed',
      },
    ]);
  });

  it('embeddings, whose vectors are decoded as without us, and text completions', async () => {
    const { client, plain, recorder } = await start({ conventions: 'openinference', capture: true });
    const body = { model: 'text-embedding-3-small', input: ['tea'] };
    expect(await client.embeddings.create(body)).toEqual(await plain.embeddings.create(body));
    await client.completions.create({ model: 'gpt-3.5-turbo-instruct', prompt: 'Water, then' });
    expect(recorder.spans().map(({ attributes }) => attributes)).toMatchObject([
      {
        'embedding.embeddings.0.embedding.text': 'tea',
        'embedding.embeddings.0.embedding.vector': [0.25, -0.5, 1],
        'llm.token_count.prompt': 8,
      },
      { 'llm.prompts.0.prompt.text': 'Water, then', 'llm.choices.0.completion.text': 'tea.' },
    ]);
  });
});
