import { GoogleGenAI } from '@google/genai';
import { expect, it } from 'vitest';
import { PLAIN_SPAN, shapeOf } from '../support/span-shape.js';
import { FakeProvider } from './support/fake-provider.js';
import { contentEvents, googleAnswer } from './support/google-wire.js';
import { startGenAi, withoutTimes, type GenAiBench } from './support/start.js';

const PARAMS = {
  model: 'gemini-2.5-pro',
  contents: 'How?',
  config: { temperature: 0.5, maxOutputTokens: 100, systemInstruction: 'Be brief.' },
};

interface Bench extends GenAiBench {
  readonly provider: FakeProvider;
  readonly client: GoogleGenAI;
  readonly plain: GoogleGenAI;
}

async function start(config: Parameters<typeof startGenAi>[0] = {}): Promise<Bench> {
  const provider = await FakeProvider.start(googleAnswer);
  const bench = await startGenAi(config);
  const make = (): GoogleGenAI =>
    new GoogleGenAI({ apiKey: 'test-key', httpOptions: { baseUrl: provider.url } });
  return { ...bench, provider, client: bench.genAi.instrument(make()), plain: make() };
}

async function collect<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const chunks: T[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

/** Headers of two answers carry their own times. */
function plainly(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (key, item: unknown) => (key === 'sdkHttpResponse' ? undefined : item)),
  );
}

const ATTRIBUTES = {
  'gen_ai.operation.name': 'generate_content',
  'gen_ai.provider.name': 'gcp.gemini',
  'gen_ai.request.model': 'gemini-2.5-pro',
  'gen_ai.request.temperature': 0.5,
  'gen_ai.request.max_tokens': 100,
  'server.address': '127.0.0.1',
  'gen_ai.response.id': 'resp_1',
  'gen_ai.response.model': 'gemini-2.5-pro',
};
const TOKENS = {
  'gen_ai.response.finish_reasons': ['stop'],
  'gen_ai.usage.input_tokens': 1204,
  'gen_ai.usage.output_tokens': 318,
  'gen_ai.usage.cache_read.input_tokens': 1000,
  'gen_ai.usage.reasoning.output_tokens': 18,
};

it('content is one span whose output counts thoughts, and returns what it returns anyway', async () => {
  const { client, plain, provider, recorder } = await start();
  expect(plainly(await client.models.generateContent(PARAMS))).toEqual(
    plainly(await plain.models.generateContent(PARAMS)),
  );
  expect(recorder.spans().map(shapeOf)).toEqual([
    {
      ...PLAIN_SPAN,
      name: 'generate_content gemini-2.5-pro',
      kind: 'CLIENT',
      attributes: { ...ATTRIBUTES, 'server.port': Number(new URL(provider.url).port), ...TOKENS },
    },
  ]);
});

it('a stream has the same chunks as without us; chats and embeddings are seen, too', async () => {
  const { client, plain, recorder } = await start({ capture: true, conventions: 'both' });
  expect(plainly(await collect(await client.models.generateContentStream(PARAMS)))).toEqual(
    plainly(await collect(await plain.models.generateContentStream(PARAMS))),
  );
  const chat = client.chats.create({ model: 'gemini-2.5-pro' });
  expect((await chat.sendMessage({ message: 'How?' })).text).toBe('Water first, then tea.');
  await client.models.embedContent({ model: 'gemini-embedding-001', contents: 'tea' });
  expect(recorder.spans().map(({ attributes }) => attributes)).toMatchObject([
    {
      ...TOKENS,
      'stream.outcome': 'completed',
      'gen_ai.output.messages':
        '[{"role":"assistant","parts":[{"type":"text","content":"Water first, then tea."}],"finish_reason":"stop"}]',
      'gen_ai.system_instructions': '[{"type":"text","content":"Be brief."}]',
    },
    { 'input.value': 'How?', 'output.value': 'Water first, then tea.' },
    { 'embedding.embeddings.0.embedding.vector': [0.25, -0.5], 'input.value': 'tea' },
  ]);
});

it.each(contentEvents().map((_, index) => index + 1))(
  'left after chunk %i, the span ends once with the tokens so far',
  async (count) => {
    const { client, provider, recorder } = await start();
    provider.answers((request) => ({ ...googleAnswer(request), holdAfter: count }));
    let seen = 0;
    for await (const _chunk of await client.models.generateContentStream(PARAMS)) {
      seen += 1;
      if (seen === count) break;
    }
    const finished = count === 3;
    expect(recorder.spans().map(({ attributes }) => withoutTimes(attributes))).toEqual([
      {
        ...ATTRIBUTES,
        'server.port': Number(new URL(provider.url).port),
        'gen_ai.request.stream': true,
        'gen_ai.response.time_to_first_chunk': 'number',
        'stream.outcome': finished ? 'completed' : 'client_disconnect',
        ...(finished ? TOKENS : { 'gen_ai.usage.input_tokens': 1204 }),
      },
    ]);
  },
);

it.each([429, 500])('an answer of %i ends the span with its status', async (status) => {
  const { client, plain, provider, recorder } = await start();
  provider.answers(() => ({ status, json: { error: { code: status, message: 'No.', status: 'X' } } }));
  const failure = async (one: GoogleGenAI): Promise<unknown> => {
    try {
      return await one.models.generateContent(PARAMS);
    } catch (error) {
      return (error as Error).message;
    }
  };
  expect(await failure(client)).toEqual(await failure(plain));
  expect(recorder.spans().map(({ attributes }) => attributes['error.type'])).toEqual([String(status)]);
});
