import Anthropic from '@anthropic-ai/sdk';
import OpenAI, { AzureOpenAI } from 'openai';
import { expect, it } from 'vitest';
import { startGenAi } from './support/start.js';

/** As the package for Bedrock names its client. */
class AnthropicBedrock extends Anthropic {}

const KEY = { apiKey: 'test-key', maxRetries: 0 };
const CHAT = { model: 'm', messages: [{ role: 'user' as const, content: 'How?' }] };
/** Nobody listens there. */
const baseURL = 'http://127.0.0.1:65535';

it.each([
  ['openai', new OpenAI({ ...KEY, baseURL })],
  ['azure.ai.openai', new AzureOpenAI({ ...KEY, baseURL, apiVersion: '2026-01-01' })],
  ['anthropic', new Anthropic({ ...KEY, baseURL })],
  ['aws.bedrock', new AnthropicBedrock({ ...KEY, baseURL })],
])('the provider is %s by the class of the client', async (provider, client) => {
  const { genAi, recorder } = await startGenAi();
  const traced: OpenAI | Anthropic = genAi.instrument(client);
  const asked =
    traced instanceof OpenAI
      ? traced.chat.completions.create(CHAT)
      : traced.messages.create({ ...CHAT, max_tokens: 1 });
  await expect(asked).rejects.toThrow('Connection error');
  const { attributes, status } = recorder.span('chat m');
  expect([attributes['gen_ai.provider.name'], status.message]).toEqual([
    provider,
    'APIConnectionError: ECONNREFUSED',
  ]);
});

it.each([
  ['nothing', undefined],
  ['null', null],
  ['`openai` (string)', 'openai'],
  ['`Map` (string)', new Map()],
])('%s is no client, and the error says what is', async (got, client) => {
  const { genAi } = await startGenAi();
  expect(() => genAi.instrument(client as never)).toThrow(
    'Expected `client` to be a client of openai, @anthropic-ai/sdk, @google/genai or MCP, or an McpStrategy, got ' +
      got,
  );
});
