// AI SDK 7 with our telemetry, against a provider's wire format. Runs on the Node that `run.mjs` installs.
import 'reflect-metadata';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { Test } from '@nestjs/testing';
import { generateText, jsonSchema, stepCountIs, streamText, tool } from 'ai';
import { GenAiModule, GenAiTracer } from 'nestjs-telemetry/genai';
import { SpanRecorder, TelemetryTestingModule } from 'nestjs-telemetry/testing';

const HEAD = { id: 'chatcmpl-1', model: 'gpt-4o', created: 1 };
const USAGE = { prompt_tokens: 12, completion_tokens: 3, total_tokens: 15 };
const TOOL_CALL = {
  id: 'call_1',
  type: 'function',
  function: { name: 'weather', arguments: '{"city":"Paris"}' },
};

function answer(message) {
  const finish_reason = message.content === null ? 'tool_calls' : 'stop';
  return {
    ...HEAD,
    object: 'chat.completion',
    choices: [{ index: 0, message, finish_reason }],
    usage: USAGE,
  };
}

function stream() {
  const chunk = (content, rest) => ({
    ...HEAD,
    object: 'chat.completion.chunk',
    choices: [{ index: 0, delta: { content }, finish_reason: null, ...rest?.choice }],
    ...rest?.usage,
  });
  const chunks = [chunk('Wa'), chunk('ter', { choice: { finish_reason: 'stop' }, usage: { usage: USAGE } })];
  const text = [...chunks.map((value) => JSON.stringify(value)), '[DONE]'].map((line) => `data: ${line}\n\n`);
  return new Response(text.join(''), { headers: { 'content-type': 'text/event-stream' } });
}

/** A provider that answers in turn. */
function provider(...answers) {
  return createOpenAICompatible({
    name: 'openai',
    baseURL: 'http://localhost/v1',
    apiKey: 'key',
    fetch: () => Promise.resolve(answers.shift()()),
  });
}

async function start(genai = {}) {
  const module = await Test.createTestingModule({
    imports: [TelemetryTestingModule.forRoot({ genai }), GenAiModule],
  }).compile();
  await module.init();
  const integrations = module.get(GenAiTracer, { strict: false }).aiSdkTelemetry();
  return { telemetry: { integrations }, recorder: module.get(SpanRecorder) };
}

test('a call with a tool is an agent with two chats and the tool, tokens summed, no content', async () => {
  const { telemetry, recorder } = await start();
  const model = provider(
    () => Response.json(answer({ role: 'assistant', content: null, tool_calls: [TOOL_CALL] })),
    () => Response.json(answer({ role: 'assistant', content: 'Sunny.' })),
  )('gpt-4o');
  const inputSchema = jsonSchema({ type: 'object', properties: { city: { type: 'string' } } });
  const weather = tool({ inputSchema, execute: () => Promise.resolve('sunny') });
  const { text } = await generateText({
    model,
    prompt: 'How is it?',
    tools: { weather },
    stopWhen: stepCountIs(3),
    telemetry,
  });
  assert.equal(text, 'Sunny.');
  await recorder.waitFor('invoke_agent generateText');
  assert.deepEqual(recorder.tree(), [
    {
      name: 'invoke_agent generateText',
      children: ['chat gpt-4o', 'execute_tool weather', 'chat gpt-4o'].map((name) => ({
        name,
        children: [],
      })),
    },
  ]);
  const { attributes } = recorder.span('invoke_agent generateText');
  assert.deepEqual(
    [attributes['gen_ai.usage.input_tokens'], attributes['gen_ai.usage.output_tokens']],
    [24, 6],
  );
  assert.deepEqual(recorder.span('chat gpt-4o').attributes['gen_ai.response.finish_reasons'], ['tool-calls']);
  const everything = JSON.stringify(recorder.spans().map((span) => span.attributes));
  assert.equal(/How is it|Sunny|Paris/.test(everything), false);
});

test('a stream has the time to its first chunk and its tokens', async () => {
  const { telemetry, recorder } = await start({ capture: true });
  const { textStream } = streamText({ model: provider(stream)('gpt-4o'), prompt: 'How?', telemetry });
  let text = '';
  for await (const part of textStream) text += part;
  assert.equal(text, 'Water');
  await recorder.waitFor('invoke_agent streamText');
  const { attributes } = recorder.span('chat gpt-4o');
  assert.equal(typeof attributes['gen_ai.response.time_to_first_chunk'], 'number');
  assert.equal(attributes['gen_ai.usage.output_tokens'], 3);
  assert.match(attributes['gen_ai.output.messages'], /Water/);
});

test('an answer of 500 fails the spans', async () => {
  const { telemetry, recorder } = await start();
  const model = provider(() => Response.json({ error: { message: 'No.' } }, { status: 500 }))('gpt-4o');
  await assert.rejects(generateText({ model, prompt: 'How?', maxRetries: 0, telemetry }));
  await recorder.waitFor('invoke_agent generateText');
  assert.deepEqual(
    recorder.spans().map(({ status }) => status.code),
    [2, 2],
  );
});
