import { describe, expect, it } from 'vitest';
import type { GenAiCall, GenAiConfig, GenAiTracer } from '../../src/entry-points/genai.js';
import { shapeOf } from '../support/span-shape.js';
import { startGenAi } from './support/start.js';

const MODEL = { provider: 'openai', model: 'gpt-4o' };
const TEXT = 'No tea for "canary"\n    at canary (/tea/canary.js)';

const OPERATIONS: Readonly<
  Record<string, (genAi: GenAiTracer, fn: (call: GenAiCall) => unknown) => unknown>
> = {
  chat: (genAi, fn) => genAi.withChat(MODEL, fn),
  text_completion: (genAi, fn) => genAi.withTextCompletion(MODEL, fn),
  embeddings: (genAi, fn) => genAi.withEmbeddings(MODEL, fn),
  retrieval: (genAi, fn) => genAi.withRetrieval({}, fn),
  execute_tool: (genAi, fn) => genAi.withTool({ name: 'boil' }, fn),
  invoke_agent: (genAi, fn) => genAi.withAgent({ name: 'cook' }, fn),
  invoke_workflow: (genAi, fn) => genAi.withWorkflow({ name: 'tea' }, fn),
  search_memory: (genAi, fn) => genAi.withMemory({ operation: 'search_memory' }, fn),
  guardrail: (genAi, fn) => genAi.withGuardrail({ name: 'check' }, fn),
};

/** Has each of these properties throw when it is read. */
function unreadable(error: Error, ...names: string[]): Error {
  for (const name of names) {
    Object.defineProperty(error, name, {
      get: () => {
        throw new Error('canary');
      },
    });
  }
  return error;
}

const THROWN: Readonly<Record<string, () => unknown>> = {
  'an error': () => new RangeError(TEXT),
  'an error with a cause': () => new Error('Wrapped.', { cause: new TypeError(TEXT) }),
  'several errors': () => new AggregateError([new TypeError(TEXT), new Error(TEXT)], TEXT),
  'a provider’s error with a text for a code': () =>
    Object.assign(new Error(TEXT), { status: 400, code: TEXT }),
  'an error that cannot be read': () => unreadable(new Error(TEXT), 'status', 'cause'),
  'an error whose causes cannot be read': () => unreadable(new Error(TEXT), 'cause', 'errors'),
  'an object': () => ({ message: TEXT }),
  'a text': () => TEXT,
};

/** Everything on the spans of a failed call, in one text. */
async function told(
  config: GenAiConfig,
  run: (genAi: GenAiTracer, fail: () => never) => unknown,
  error: unknown,
): Promise<string> {
  const { genAi, manager, recorder } = await startGenAi(config);
  const fail = (): never => {
    throw error;
  };
  const work = (): unknown => manager.withSpan('work', () => run(genAi, fail));
  expect(work).toThrow();
  return JSON.stringify(recorder.spans().map(shapeOf));
}

describe.each(Object.entries(OPERATIONS))('the message of an error in %s', (_operation, run) => {
  it('is on no span, and the frames of its stack are', async () => {
    const text = await told({}, run, new RangeError(TEXT));
    expect(text).not.toContain('canary');
    expect(text).toContain('"message":"RangeError"');
    expect(text).toContain('errors.test.ts');
  });

  it('is recorded where content is captured', async () => {
    expect(await told({ capture: true }, run, new RangeError('canary'))).toContain('"message":"canary"');
  });
});

it.each(Object.entries(THROWN))('%s that is thrown tells nothing', async (_what, make) => {
  const { genAi, recorder } = await startGenAi();
  const thrown = make();
  let caught: unknown;
  try {
    genAi.withChat(MODEL, () => {
      throw thrown;
    });
  } catch (error) {
    caught = error;
  }
  expect(caught).toBe(thrown);
  expect(recorder.spans()).toHaveLength(1);
  expect(JSON.stringify(recorder.spans().map(shapeOf))).not.toContain('canary');
});

it('an error that several calls share is told as little by each of them', async () => {
  const cause = new Error(TEXT);
  const error = new Error(TEXT, { cause });
  (cause as { cause?: unknown }).cause = error;
  const run = (genAi: GenAiTracer, fail: () => never): unknown =>
    genAi.withAgent({ name: 'cook' }, () =>
      genAi.withTool({ name: 'boil' }, () => genAi.withChat(MODEL, fail)),
    );
  expect(await told({}, run, error)).not.toContain('canary');
});

it.each(['inputs', 'outputs', 'inputText', 'outputText', 'tools'] as const)(
  'a message is withheld while %s are hidden',
  async (kind) => {
    const chat = (genAi: GenAiTracer, fail: () => never): unknown => genAi.withChat(MODEL, fail);
    expect(await told({ capture: true, hide: { [kind]: true } }, chat, new Error(TEXT))).not.toContain(
      'canary',
    );
  },
);

it('errors of code outside of calls keep their messages', async () => {
  const { manager, recorder } = await startGenAi();
  expect(() =>
    manager.withSpan('work', () => {
      throw new Error('No water.');
    }),
  ).toThrow();
  expect(recorder.span('work').status.message).toBe('No water.');
});
