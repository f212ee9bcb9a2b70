import OpenAI from 'openai';
import type { GenAiTracer } from '../../../src/entry-points/genai.js';
import { PROMPT, type ClientKit, type Question } from './client-kit.js';
import type { ProviderAnswer } from './fake-provider.js';
import { chatEvents, openAiAnswer, responseEvents } from './openai-wire.js';

const TOKENS = {
  'gen_ai.usage.input_tokens': 1204,
  'gen_ai.usage.output_tokens': 318,
  'gen_ai.usage.cache_read.input_tokens': 1000,
  'gen_ai.usage.reasoning.output_tokens': 12,
};
const HEAD = {
  'gen_ai.response.id': 'chatcmpl-1',
  'gen_ai.response.model': 'gpt-4o-2024-08-06',
  'openai.response.system_fingerprint': 'fp_1',
  'openai.response.service_tier': 'default',
};
const STOP = { 'gen_ai.response.finish_reasons': ['stop'] };
const REQUEST = {
  'gen_ai.operation.name': 'chat',
  'gen_ai.provider.name': 'openai',
  'gen_ai.request.model': 'gpt-4o',
  'server.address': '127.0.0.1',
};
const PARAMETERS = { type: 'object', properties: { city: { type: 'string' } } };
const TOOL_CALL = '{"type":"tool_call","id":"call_1","name":"weather","arguments":{"city":"Paris"}}';

function client(url: string, genAi?: GenAiTracer): OpenAI {
  const made = new OpenAI({ apiKey: 'test-key', baseURL: `${url}/v1`, maxRetries: 0 });
  return genAi?.instrument(made) ?? made;
}

function refusal(status: number, message: string): ProviderAnswer {
  const code = status === 429 ? 'rate_limit_exceeded' : null;
  return { status, json: { error: { message, code, type: null } } };
}

const SHARED = {
  refusal,
  span: 'chat gpt-4o',
  streamed: { 'gen_ai.request.stream': true },
  errorTypes: { 429: 'rate_limit_exceeded', 500: '500' },
  cut: { 'error.type': 'TypeError', 'error.category': 'network', 'error.retryable': true },
  aborts: {
    'its controller': (_iterator, stream) => {
      (stream as unknown as { controller: AbortController }).controller.abort();
    },
  },
} as const satisfies Partial<ClientKit>;

/** Chat completions of OpenAI. */
export const openAiKit: ClientKit = {
  ...SHARED,
  name: 'openai, chat completions',
  answer: openAiAnswer,
  events: chatEvents(true).map((wire) => {
    if (wire.includes('[DONE]')) return { wire, chunks: 0 };
    if (wire.includes('"usage"')) return { wire, tells: { ...HEAD, ...TOKENS } };
    return wire.includes('"stop"')
      ? { wire, tells: { ...HEAD, ...STOP }, finishes: true }
      : { wire, tells: HEAD };
  }),
  request: { ...REQUEST, 'openai.api.type': 'chat_completions' },
  answered: { ...HEAD, ...STOP, ...TOKENS },
  toolCall: `[{"role":"assistant","parts":[${TOOL_CALL}],"finish_reason":"tool_calls"}]`,
  connect(url, genAi) {
    const { completions } = client(url, genAi).chat;
    const body = ({ tools }: Question) => ({
      model: 'gpt-4o',
      messages: [{ role: 'user' as const, content: PROMPT }],
      ...(tools === true
        ? { tools: [{ type: 'function' as const, function: { name: 'weather', parameters: PARAMETERS } }] }
        : {}),
    });
    return {
      ask: (question) => completions.create(body(question), options(question)),
      stream: (question) =>
        completions.create(
          { ...body(question), stream: true, stream_options: { include_usage: true } },
          options(question),
        ),
    };
  },
};

const RESPONSE = {
  'gen_ai.response.id': 'resp_1',
  'gen_ai.response.model': 'gpt-4o-2024-08-06',
  'openai.response.service_tier': 'default',
};

/** The responses API of OpenAI. */
export const responsesKit: ClientKit = {
  ...SHARED,
  name: 'openai, responses',
  answer: openAiAnswer,
  events: responseEvents(false).map((wire) =>
    wire.includes('response.completed')
      ? {
          wire,
          tells: { ...RESPONSE, ...TOKENS, 'gen_ai.response.finish_reasons': ['completed'] },
          finishes: true,
        }
      : { wire, tells: RESPONSE },
  ),
  request: { ...REQUEST, 'openai.api.type': 'responses' },
  answered: { ...RESPONSE, ...TOKENS, 'gen_ai.response.finish_reasons': ['completed'] },
  toolCall: `[{"role":"assistant","parts":[${TOOL_CALL}],"finish_reason":"completed"}]`,
  connect(url, genAi) {
    const { responses } = client(url, genAi);
    const body = ({ tools }: Question) => ({
      model: 'gpt-4o',
      input: PROMPT,
      ...(tools === true
        ? { tools: [{ type: 'function' as const, name: 'weather', parameters: PARAMETERS, strict: false }] }
        : {}),
    });
    return {
      ask: (question) => responses.create(body(question), options(question)),
      stream: (question) => responses.create({ ...body(question), stream: true }, options(question)),
    };
  },
};

function options({ signal }: Question): { signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
}
