import { GoogleGenAI } from '@google/genai';
import { PROMPT, type ClientKit, type Question } from './client-kit.js';
import { contentEvents, googleAnswer } from './google-wire.js';

const HEAD = { 'gen_ai.response.id': 'resp_1', 'gen_ai.response.model': 'gemini-2.5-pro' };
const INPUT = { 'gen_ai.usage.input_tokens': 1204 };
const END = {
  'gen_ai.response.finish_reasons': ['stop'],
  'gen_ai.usage.output_tokens': 318,
  'gen_ai.usage.cache_read.input_tokens': 1000,
  'gen_ai.usage.reasoning.output_tokens': 18,
};

/** Contents of Google. */
export const googleKit: ClientKit = {
  name: '@google/genai',
  answer: googleAnswer,
  refusal: (status, message) => ({
    status,
    json: { error: { code: status, message, status: status === 429 ? 'RESOURCE_EXHAUSTED' : 'INTERNAL' } },
  }),
  events: contentEvents().map((wire) =>
    wire.includes('STOP')
      ? { wire, tells: { ...HEAD, ...INPUT, ...END }, finishes: true }
      : { wire, tells: { ...HEAD, ...INPUT } },
  ),
  span: 'generate_content gemini-2.5-pro',
  request: {
    'gen_ai.operation.name': 'generate_content',
    'gen_ai.provider.name': 'gcp.gemini',
    'gen_ai.request.model': 'gemini-2.5-pro',
    'server.address': '127.0.0.1',
  },
  answered: { ...HEAD, ...INPUT, ...END },
  streamed: { 'gen_ai.request.stream': true },
  toolCall:
    '[{"role":"assistant","parts":[{"type":"tool_call","id":"call_1","name":"weather","arguments":{"city":"Paris"}}],"finish_reason":"stop"}]',
  errorTypes: { 429: 'RESOURCE_EXHAUSTED', 500: 'INTERNAL' },
  cut: { 'error.type': 'TypeError', 'error.category': 'network', 'error.retryable': true },
  volatile: ['sdkHttpResponse'],
  connect(url, genAi) {
    const made = new GoogleGenAI({ apiKey: 'test-key', httpOptions: { baseUrl: url } });
    const { models } = genAi?.instrument(made) ?? made;
    const params = ({ tools, signal }: Question) => ({
      model: 'gemini-2.5-pro',
      contents: PROMPT,
      config: {
        ...(tools === true ? { tools: [{ functionDeclarations: [{ name: 'weather' }] }] } : {}),
        ...(signal === undefined ? {} : { abortSignal: signal }),
      },
    });
    return {
      ask: (question) => models.generateContent(params(question)),
      stream: (question) => models.generateContentStream(params(question)),
    };
  },
};
