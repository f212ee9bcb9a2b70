import Anthropic from '@anthropic-ai/sdk';
import { anthropicAnswer, messageEvents } from './anthropic-wire.js';
import { PROMPT, type ClientKit, type Question } from './client-kit.js';

const HEAD = {
  'gen_ai.response.id': 'msg_1',
  'gen_ai.response.model': 'claude-sonnet-5-20260701',
  'openai.response.service_tier': 'standard',
};
const INPUT = {
  'gen_ai.usage.input_tokens': 1120,
  'gen_ai.usage.cache_read.input_tokens': 1000,
  'gen_ai.usage.cache_write.input_tokens': 100,
};
const END = { 'gen_ai.response.finish_reasons': ['end_turn'], 'gen_ai.usage.output_tokens': 42 };

/** Messages of Anthropic. */
export const anthropicKit: ClientKit = {
  name: '@anthropic-ai/sdk',
  answer: anthropicAnswer,
  refusal: (status, message) => {
    const type = status === 429 ? 'rate_limit_error' : 'api_error';
    return { status, json: { type: 'error', error: { type, message } } };
  },
  events: messageEvents().map((wire) => {
    if (wire.includes('event: ping')) return { wire, chunks: 0 };
    if (wire.includes('message_start'))
      return { wire, tells: { ...HEAD, ...INPUT, 'gen_ai.usage.output_tokens': 1 } };
    return wire.includes('message_delta') ? { wire, tells: END, finishes: true } : { wire };
  }),
  span: 'chat claude-sonnet-5',
  request: {
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': 'anthropic',
    'gen_ai.request.model': 'claude-sonnet-5',
    'gen_ai.request.max_tokens': 100,
    'server.address': '127.0.0.1',
  },
  answered: { ...HEAD, ...INPUT, ...END },
  streamed: { 'gen_ai.request.stream': true },
  toolCall:
    '[{"role":"assistant","parts":[{"type":"tool_call","id":"toolu_1","name":"weather","arguments":{"city":"Paris"}}],"finish_reason":"tool_use"}]',
  errorTypes: { 429: 'rate_limit_error', 500: 'api_error' },
  cut: { 'error.type': 'TypeError', 'error.category': 'network', 'error.retryable': true },
  aborts: {
    'its controller': (_iterator, stream) => {
      (stream as unknown as { controller: AbortController }).controller.abort();
    },
  },
  connect(url, genAi) {
    const made = new Anthropic({ apiKey: 'test-key', baseURL: url, maxRetries: 0 });
    const { messages } = genAi?.instrument(made) ?? made;
    const body = ({ tools }: Question) => ({
      model: 'claude-sonnet-5',
      max_tokens: 100,
      messages: [{ role: 'user' as const, content: PROMPT }],
      ...(tools === true ? { tools: [{ name: 'weather', input_schema: { type: 'object' as const } }] } : {}),
    });
    const options = ({ signal }: Question) => (signal === undefined ? {} : { signal });
    return {
      ask: (question) => messages.create(body(question), options(question)),
      stream: (question) => messages.create({ ...body(question), stream: true }, options(question)),
    };
  },
};
