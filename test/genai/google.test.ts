import { GoogleGenAI } from '@google/genai';
import { expect, it } from 'vitest';
import { FakeProvider } from './support/fake-provider.js';
import { googleAnswer } from './support/google-wire.js';
import { startGenAi, type GenAiBench } from './support/start.js';

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

const TOKENS = {
  'gen_ai.response.finish_reasons': ['stop'],
  'gen_ai.usage.input_tokens': 1204,
  'gen_ai.usage.output_tokens': 318,
  'gen_ai.usage.cache_read.input_tokens': 1000,
  'gen_ai.usage.reasoning.output_tokens': 18,
};

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
