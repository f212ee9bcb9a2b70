import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { generateText, jsonSchema, streamText, tool } from 'ai';
import { PROMPT } from '../support/client-kit.ts';
import { chatEvents, openAiAnswer } from '../support/openai-wire.ts';

const HEAD = { 'gen_ai.response.id': 'chatcmpl-1', 'gen_ai.response.model': 'gpt-4o-2024-08-06' };
const TOKENS = {
  'gen_ai.response.finish_reasons': ['stop'],
  'gen_ai.usage.input_tokens': 1204,
  'gen_ai.usage.output_tokens': 318,
  'gen_ai.usage.cache_read.input_tokens': 1000,
  'gen_ai.usage.reasoning.output_tokens': 12,
};
const inputSchema = jsonSchema({ type: 'object', properties: { city: { type: 'string' } } });

/** The last event brings what the SDK hands out when the stream ends. */
function eventOf(wire, index) {
  // The first one is empty.
  if (index === 0) return { wire, chunks: 0, tells: HEAD };
  if (wire.includes('[DONE]')) return { wire, chunks: 3, tells: { ...HEAD, ...TOKENS }, finishes: true };
  if (wire.includes('"usage"') || wire.includes('"stop"')) return { wire, chunks: 0 };
  return { wire, chunks: index === 1 ? 3 : 1 };
}

/** AI SDK 7, with a provider that speaks OpenAI's wire format. */
export const aiSdkKit = {
  name: 'ai',
  answer: openAiAnswer,
  refusal: (status, message) => ({ status, json: { error: { message, type: 'refused', code: null } } }),
  events: chatEvents(true).map(eventOf),
  // `start`.
  preface: 1,
  hearsOfLeaving: false,
  span: 'chat gpt-4o',
  request: {
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': 'openai',
    'gen_ai.request.model': 'gpt-4o',
  },
  answered: { ...HEAD, ...TOKENS },
  streamed: { 'gen_ai.request.stream': true },
  toolCall:
    '[{"role":"assistant","parts":[{"type":"tool_call","id":"call_1","name":"weather","arguments":{"city":"Paris"}}],"finish_reason":"tool-calls"}]',
  errorTypes: { 429: 'refused', 500: 'refused' },
  cut: { 'error.type': 'APICallError', 'error.category': 'network', 'error.retryable': true },
  volatile: ['performance', 'timestamp', 'headers'],
  connect(url, genAi) {
    const provider = createOpenAICompatible({
      name: 'openai',
      baseURL: `${url}/v1`,
      apiKey: 'test-key',
      includeUsage: true,
    });
    const options = ({ tools, signal }) => ({
      model: provider('gpt-4o'),
      prompt: PROMPT,
      maxRetries: 0,
      onError: () => undefined,
      ...(tools === true ? { tools: { weather: tool({ inputSchema }) } } : {}),
      ...(signal === undefined ? {} : { abortSignal: signal }),
      ...(genAi === undefined ? {} : { telemetry: { integrations: genAi.aiSdkTelemetry() } }),
    });
    return {
      ask: async (question) => {
        const { text, toolCalls, usage, finishReason, response } = await generateText(options(question));
        return { text, toolCalls, usage, finishReason, response };
      },
      stream: async (question) => streamText(options(question)).fullStream,
    };
  },
};
