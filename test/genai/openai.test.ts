import OpenAI from 'openai';
import { expect, it } from 'vitest';
import { PLAIN_SPAN, shapeOf } from '../support/span-shape.js';
import { FakeProvider } from './support/fake-provider.js';
import { openAiAnswer } from './support/openai-wire.js';
import { startGenAi } from './support/start.js';

it('writes the whole span of a chat completion', async () => {
  const provider = await FakeProvider.start(openAiAnswer);
  const { genAi, recorder } = await startGenAi();
  const client = genAi.instrument(
    new OpenAI({ apiKey: 'test-key', baseURL: `${provider.url}/v1`, maxRetries: 0 }),
  );
  await client.chat.completions.create({
    model: 'gpt-4o',
    messages: [{ role: 'user', content: 'How do I make tea?' }],
    temperature: 0.5,
  });
  expect(shapeOf(recorder.span('chat gpt-4o'))).toEqual({
    ...PLAIN_SPAN,
    name: 'chat gpt-4o',
    kind: 'CLIENT',
    attributes: {
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'gpt-4o',
      'gen_ai.request.temperature': 0.5,
      'openai.api.type': 'chat_completions',
      'server.address': '127.0.0.1',
      'server.port': Number(new URL(provider.url).port),
      'gen_ai.response.id': 'chatcmpl-1',
      'gen_ai.response.model': 'gpt-4o-2024-08-06',
      'gen_ai.response.finish_reasons': ['stop'],
      'openai.response.system_fingerprint': 'fp_1',
      'openai.response.service_tier': 'default',
      'gen_ai.usage.input_tokens': 1204,
      'gen_ai.usage.output_tokens': 318,
      'gen_ai.usage.cache_read.input_tokens': 1000,
      'gen_ai.usage.reasoning.output_tokens': 12,
    },
  });
});
