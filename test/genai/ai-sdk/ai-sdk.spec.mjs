// AI SDK 7 with our telemetry, against a provider's wire format. Runs on the Nodes that `run.mjs` installs.
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { embed, generateText, jsonSchema, registerTelemetry, stepCountIs, streamText, tool } from 'ai';
import { describe, expect, it, onTestFinished } from 'vitest';
import { describeClient } from '../support/client-harness.ts';
import { collectGarbage } from '../../support/collect-garbage.ts';
import { FakeProvider } from '../support/fake-provider.ts';
import { chatEvents, openAiAnswer } from '../support/openai-wire.ts';
import { startGenAi } from '../support/start.ts';
import { aiSdkKit } from './ai-sdk-kit.mjs';

describe('AI SDK 7', () => {
  describeClient(aiSdkKit);
});

async function start(config = {}) {
  const server = await FakeProvider.start(openAiAnswer);
  const bench = await startGenAi(config);
  const provider = createOpenAICompatible({
    name: 'openai',
    baseURL: `${server.url}/v1`,
    apiKey: 'test-key',
    includeUsage: true,
  });
  const telemetry = { integrations: bench.genAi.aiSdkTelemetry() };
  return { ...bench, server, provider, model: provider('gpt-4o'), telemetry };
}

const inputSchema = jsonSchema({ type: 'object', properties: { city: { type: 'string' } } });
const NAMES = ['chat gpt-4o', 'execute_tool weather', 'chat gpt-4o'];
const AGENT = 'invoke_agent generateText';

it('a call with a tool is an agent with two chats and the tool, tokens summed, no content', async () => {
  const { telemetry, model, recorder, server, manager } = await start();
  server.answers((request) =>
    openAiAnswer(
      server.requests.length > 1 ? { ...request, body: { ...request.body, tools: undefined } } : request,
    ),
  );
  const execute = () => manager.withSpan('forecast', () => 'sunny');
  const { text } = await generateText({
    model,
    prompt: 'How is it?',
    tools: { weather: tool({ inputSchema, execute }) },
    stopWhen: stepCountIs(3),
    telemetry,
  });
  expect(text).toBe('Water first, then tea.');
  await recorder.waitFor(AGENT);
  expect(recorder.tree()).toEqual([
    {
      name: AGENT,
      children: NAMES.map((name) => ({
        name,
        children: name === 'execute_tool weather' ? [{ name: 'forecast', children: [] }] : [],
      })),
    },
  ]);
  expect(recorder.span(AGENT).attributes).toMatchObject({
    'gen_ai.usage.input_tokens': 2408,
    'gen_ai.usage.output_tokens': 636,
  });
  const everything = JSON.stringify(recorder.spans().map(({ attributes }) => attributes));
  expect(everything).not.toMatch(/How is it|Water|sunny|Paris/);
});

it('a tool that throws tells its class alone', async () => {
  const { telemetry, model, recorder, server } = await start();
  server.answers((request) =>
    openAiAnswer(
      server.requests.length > 1 ? { ...request, body: { ...request.body, tools: undefined } } : request,
    ),
  );
  const execute = () => {
    throw new RangeError('canary Paris');
  };
  const tools = { weather: tool({ inputSchema, execute }) };
  await generateText({ model, prompt: 'How?', tools, stopWhen: stepCountIs(3), telemetry });
  const { status, attributes } = await recorder.waitFor('execute_tool weather');
  expect([status, attributes['error.type']]).toEqual([{ code: 2, message: 'RangeError' }, 'RangeError']);
});

it('a request that is made again is a span again, and the call succeeds', async () => {
  const { telemetry, model, recorder, server } = await start();
  server.answers((request) =>
    server.requests.length === 1
      ? { status: 500, headers: { 'retry-after-ms': '1' }, json: { error: { message: 'Oops' } } }
      : openAiAnswer(request),
  );
  const { text } = streamText({ model, prompt: 'How?', telemetry });
  expect(await text).toBe('Water first, then tea.');
  await recorder.waitFor('invoke_agent streamText');
  expect(recorder.spans().map(({ name, status }) => [name, status.code])).toEqual([
    ['chat gpt-4o', 2],
    ['chat gpt-4o', 0],
    ['invoke_agent streamText', 0],
  ]);
});

it('registered for every call, it follows those of several instances, and embeddings', async () => {
  const { genAi, provider, recorder } = await start();
  registerTelemetry(genAi.aiSdkTelemetry());
  onTestFinished(() => {
    globalThis.AI_SDK_TELEMETRY_INTEGRATIONS = undefined;
  });
  await embed({ model: provider.textEmbeddingModel('text-embedding-3-small'), value: 'tea' });
  await recorder.waitFor('invoke_agent embed');
  expect(recorder.span('embeddings text-embedding-3-small').attributes).toMatchObject({
    'gen_ai.provider.name': 'openai',
    'gen_ai.usage.input_tokens': 8,
  });
});

it.each(['signal', 'drop'])('a whole call that is broken off ends with its chat (%s)', async (way) => {
  const { telemetry, model, recorder, server } = await start();
  const [head, word, ...end] = chatEvents(true);
  // The SDK reads on by itself, as far as its buffers go.
  const long = [head, ...Array.from({ length: 30 }, () => word), ...end];
  server.answers(() => ({ events: long, ...(way === 'signal' ? { holdAfter: 3 } : {}) }));
  const abort = new AbortController();
  const read = async () => {
    const signal = way === 'signal' ? { abortSignal: abort.signal } : {};
    const { textStream } = streamText({ model, prompt: 'How?', telemetry, ...signal });
    for await (const _text of textStream) break;
  };
  await read();
  if (way === 'signal') abort.abort();
  else await collectGarbageUntil(() => recorder.spans().length === 2);
  await recorder.waitFor('invoke_agent streamText');
  expect(
    recorder.spans().map(({ name, attributes, status }) => [name, attributes['stream.outcome'], status.code]),
  ).toEqual([
    ['chat gpt-4o', 'client_disconnect', 0],
    ['invoke_agent streamText', 'client_disconnect', 0],
  ]);
});

async function collectGarbageUntil(done) {
  while (!done()) {
    collectGarbage();
    await new Promise(setImmediate);
  }
}
