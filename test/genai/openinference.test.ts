import Anthropic from '@anthropic-ai/sdk';
import { AnthropicInstrumentation } from '@arizeai/openinference-instrumentation-anthropic';
import { OpenAIInstrumentation } from '@arizeai/openinference-instrumentation-openai';
import type { LoggerService } from '@nestjs/common';
import OpenAI from 'openai';
import { expect, it } from 'vitest';
import { TracerManager, type InstrumentationOption } from '../../src/index.js';
import { startApp, type TestApp } from '../support/test-app.js';
import { anthropicAnswer } from './support/anthropic-wire.js';
import { FakeProvider } from './support/fake-provider.js';
import { openAiAnswer } from './support/openai-wire.js';

const MESSAGES = [{ role: 'user' as const, content: 'How?' }];

class LogLines implements LoggerService {
  readonly lines: string[] = [];
  log(): void {
    // Warnings alone are of interest.
  }
  warn(message: unknown): void {
    this.lines.push(String(message));
  }
  error(message: unknown): void {
    this.lines.push(String(message));
  }
}

async function start(option: InstrumentationOption): Promise<{ app: TestApp; lines: string[] }> {
  const logger = new LogLines();
  const app = await startApp({ logger, telemetry: { clients: false, instrumentations: [option] } });
  return { app, lines: logger.lines };
}

async function askOpenAi(app: TestApp): Promise<void> {
  const { url } = await FakeProvider.start(openAiAnswer);
  const client = new OpenAI({ apiKey: 'test-key', baseURL: `${url}/v1` });
  await app.app
    .get(TracerManager)
    .withSpan('work', () => client.chat.completions.create({ model: 'gpt-4o', messages: MESSAGES }));
}

it.each([
  ['the class', OpenAI],
  ['the namespace', await import('openai')],
])(
  'OpenInference’s own instrumentation of OpenAI makes spans of the instance: given %s',
  async (_name, openai) => {
    const { app, lines } = await start({ instrumentation: new OpenAIInstrumentation(), modules: { openai } });
    await askOpenAi(app);
    await app.recorder.waitFor('work');
    const [span] = app.recorder.spans();
    expect(app.recorder.tree()).toEqual([{ name: 'work', children: [{ name: span?.name, children: [] }] }]);
    expect(span?.attributes).toMatchObject({
      'openinference.span.kind': 'LLM',
      'llm.model_name': 'gpt-4o-2024-08-06',
      'llm.token_count.prompt': 1204,
    });
    expect(lines).toEqual([]);
  },
);

it('without the module, a line at start says why it makes none', async () => {
  const { app, lines } = await start(new OpenAIInstrumentation());
  await askOpenAi(app);
  expect(app.recorder.spans().map(({ name }) => name)).toEqual(['work']);
  expect(lines).toEqual([
    '@arizeai/openinference-instrumentation-openai makes no spans: it patches only modules that it is given. ' +
      'Pass `{ instrumentation, modules: { openai } }` with the module that you import.',
  ]);
});

it('OpenInference’s own instrumentation of Anthropic makes spans of the instance', async () => {
  const instrumentation = new AnthropicInstrumentation();
  const { app, lines } = await start({ instrumentation, modules: { anthropic: Anthropic } });
  const { url } = await FakeProvider.start(anthropicAnswer);
  const client = new Anthropic({ apiKey: 'test-key', baseURL: url });
  await app.app
    .get(TracerManager)
    .withSpan('work', () =>
      client.messages.create({ model: 'claude-sonnet-5', max_tokens: 100, messages: MESSAGES }),
    );
  await app.recorder.waitFor('work');
  const [span] = app.recorder.spans();
  expect(app.recorder.tree()).toEqual([{ name: 'work', children: [{ name: span?.name, children: [] }] }]);
  expect(span?.attributes['openinference.span.kind']).toBe('LLM');
  expect(lines).toEqual([]);
});
