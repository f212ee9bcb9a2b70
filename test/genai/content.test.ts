import { describe, expect, it } from 'vitest';
import type { GenAiConfig, GenAiContent, GenAiTracer } from '../../src/entry-points/genai.js';
import { resolveTracerConfig } from '../../src/config/resolve-config.js';
import { startGenAi } from './support/start.js';

const KINDS = {
  inputText: 'canary-input-text',
  inputImages: 'Y2FuYXJ5LWltYWdl',
  outputText: 'canary-output-text',
  embeddingsText: 'canary-embedded-text',
  embeddingsVectors: '0.8374',
  invocationParameters: 'canary-stop',
  tools: 'canary-tool-definition',
  prompts: 'canary-prompt',
  choices: 'canary-choice',
  arguments: 'canary-argument',
  result: 'canary-result',
  query: 'canary-query',
  documents: 'canary-document',
  instructions: 'canary-instruction',
  callArguments: 'canary-call-argument',
} as const;

type Canary = keyof typeof KINDS;

/** Canaries that a switch takes along; the others stay. */
const HIDES: Readonly<Record<keyof GenAiContent, readonly Canary[]>> = {
  inputs: [
    'inputText',
    'inputImages',
    'embeddingsText',
    'tools',
    'prompts',
    'arguments',
    'query',
    'instructions',
  ],
  outputs: ['outputText', 'embeddingsVectors', 'choices', 'result', 'documents', 'callArguments'],
  inputMessages: ['inputText', 'inputImages', 'instructions'],
  outputMessages: ['outputText', 'callArguments'],
  inputText: ['inputText', 'instructions'],
  outputText: ['outputText'],
  inputImages: ['inputImages'],
  embeddingsText: ['embeddingsText'],
  embeddingsVectors: ['embeddingsVectors'],
  invocationParameters: ['invocationParameters'],
  tools: ['tools'],
  prompts: ['prompts'],
  choices: ['choices'],
};

/** What each vocabulary has words for. */
const WORDLESS: Readonly<Record<string, readonly Canary[]>> = {
  gen_ai: ['embeddingsVectors'],
  openinference: [],
};

const MODEL = { provider: 'openai', model: 'gpt-4o' };

function everything(genAi: GenAiTracer): void {
  genAi.withChat(
    { ...MODEL, parameters: { temperature: 0.5, stopSequences: [KINDS.invocationParameters] } },
    (call) => {
      call.setInstructions(KINDS.instructions);
      call.setInput([
        {
          role: 'user',
          content: [
            { type: 'text', text: KINDS.inputText },
            { type: 'image_url', image_url: { url: `data:image/png;base64,${KINDS.inputImages}` } },
          ],
        },
      ]);
      call.setTools([{ type: 'function', name: KINDS.tools }]);
      call.setOutput([
        {
          role: 'assistant',
          content: KINDS.outputText,
          tool_calls: [{ id: 'c', function: { name: 'f', arguments: `{"a":"${KINDS.callArguments}"}` } }],
        },
      ]);
    },
  );
  genAi.withTextCompletion({ ...MODEL, input: KINDS.prompts }, () => KINDS.choices);
  genAi.withEmbeddings({ ...MODEL, input: KINDS.embeddingsText }, (call) => {
    call.setOutput([[Number(KINDS.embeddingsVectors)]]);
  });
  genAi.withTool({ name: 'boil', input: { water: KINDS.arguments } }, () => ({ tea: KINDS.result }));
  genAi.withRetrieval({ input: KINDS.query }, () => [{ content: KINDS.documents }]);
}

async function seen(config: GenAiConfig): Promise<Canary[]> {
  const { genAi, recorder } = await startGenAi(config);
  everything(genAi);
  const text = JSON.stringify(
    recorder.spans().map(({ name, attributes, events }) => [name, attributes, events]),
  );
  return (Object.keys(KINDS) as Canary[]).filter((kind) => text.includes(KINDS[kind]));
}

describe.each(['gen_ai', 'openinference'] as const)('in %s', (conventions) => {
  const ALL = (Object.keys(KINDS) as Canary[]).filter(
    (kind) => WORDLESS[conventions]?.includes(kind) !== true,
  );

  it('no content is anywhere unless it is asked for, and all of it is if it is', async () => {
    expect(await seen({ conventions })).toEqual([]);
    expect(await seen({ conventions, capture: true })).toEqual(ALL);
  });

  it.each(Object.keys(HIDES) as (keyof GenAiContent)[])('`hide.%s` hides exactly its kind', async (kind) => {
    expect(await seen({ conventions, capture: true, hide: { [kind]: true } })).toEqual(
      ALL.filter((canary) => !HIDES[kind].includes(canary)),
    );
  });

  it.each(Object.keys(HIDES) as (keyof GenAiContent)[])(
    '`capture.%s` alone records nothing else',
    async (kind) => {
      const alone = await seen({ conventions, capture: { [kind]: true } });
      expect(alone.filter((canary) => !HIDES[kind].includes(canary) && canary !== 'callArguments')).toEqual(
        [],
      );
    },
  );
});

const VARIABLES: Readonly<Record<string, keyof GenAiContent>> = {
  OPENINFERENCE_HIDE_INPUTS: 'inputs',
  OPENINFERENCE_HIDE_OUTPUTS: 'outputs',
  OPENINFERENCE_HIDE_INPUT_MESSAGES: 'inputMessages',
  OPENINFERENCE_HIDE_OUTPUT_MESSAGES: 'outputMessages',
  OPENINFERENCE_HIDE_INPUT_IMAGES: 'inputImages',
  OPENINFERENCE_HIDE_INPUT_TEXT: 'inputText',
  OPENINFERENCE_HIDE_OUTPUT_TEXT: 'outputText',
  OPENINFERENCE_HIDE_EMBEDDINGS_VECTORS: 'embeddingsVectors',
  OPENINFERENCE_HIDE_EMBEDDINGS_TEXT: 'embeddingsText',
  OPENINFERENCE_HIDE_LLM_INVOCATION_PARAMETERS: 'invocationParameters',
  OPENINFERENCE_HIDE_LLM_TOOLS: 'tools',
  OPENINFERENCE_HIDE_PROMPTS: 'prompts',
  OPENINFERENCE_HIDE_CHOICES: 'choices',
};

function resolved(env: NodeJS.ProcessEnv, genai: GenAiConfig = {}): [object, string[]] {
  const warnings: string[] = [];
  const { genai: config, masking } = resolveTracerConfig({ service: { name: 's' }, genai }, env, {
    warn: (text) => warnings.push(text),
  });
  return [{ ...config, masking }, warnings];
}

describe('variables', () => {
  it.each(Object.entries(VARIABLES))(
    '%s hides exactly its kind, in both vocabularies',
    async (name, kind) => {
      const [config] = resolved({ [name]: 'true' });
      const { masking, hide } = config as { masking: object; hide: GenAiContent };
      const { genAi, recorder } = await startGenAi({ conventions: 'both', capture: true, hide }, { masking });
      everything(genAi);
      const text = JSON.stringify(recorder.spans().map(({ attributes }) => attributes));
      const shown = (Object.keys(KINDS) as Canary[]).filter((canary) => text.includes(KINDS[canary]));
      expect(shown).toEqual(
        (Object.keys(KINDS) as Canary[]).filter((canary) => !HIDES[kind].includes(canary)),
      );
    },
  );

  it('code wins over them, kind by kind', () => {
    const env = { OPENINFERENCE_HIDE_PROMPTS: 'true', OPENINFERENCE_HIDE_CHOICES: 'true' };
    expect(resolved(env, { hide: { prompts: false } })[0]).toMatchObject({
      hide: { prompts: false, choices: true },
    });
  });

  it('of the rest, one is a number, one chooses the vocabulary, one is refused, and a misspelt one is named', () => {
    expect(resolved({ OPENINFERENCE_BASE64_IMAGE_MAX_LENGTH: '5' })[0]).toMatchObject({
      base64ImageMaxLength: 5,
    });
    expect(resolved({ OPENINFERENCE_ENABLE_GENAI_SEMCONV: 'true' })[0]).toMatchObject({
      conventions: 'both',
    });
    expect(resolved({ OTEL_SEMCONV_STABILITY_OPT_IN: 'http,gen_ai_latest_experimental' })[0]).toMatchObject({
      version: 'latest',
    });
    expect([
      ...resolved({ OPENINFERENCE_BLOB_UPLOADER: 'x' })[1],
      ...resolved({ OPENINFERENCE_HIDE_INPUT_TEXTS: 'true' })[1],
      ...resolved({ OPENINFERENCE_SOMETHING_ELSE: 'true' })[1],
    ]).toEqual([
      'OPENINFERENCE_BLOB_UPLOADER is not read: content is recorded on spans or not at all.',
      'OPENINFERENCE_HIDE_INPUT_TEXTS is not read: did you mean OPENINFERENCE_HIDE_INPUT_TEXT?',
      'OPENINFERENCE_SOMETHING_ELSE is not read: nothing here knows it.',
    ]);
  });
});

it('redacts or removes as OpenInference does', async () => {
  const { genAi, recorder } = await startGenAi({
    conventions: 'openinference',
    capture: true,
    hide: { inputText: true, inputImages: true, outputs: true, embeddingsText: true },
    base64ImageMaxLength: 3,
  });
  everything(genAi);
  expect(recorder.span('chat gpt-4o').attributes).toMatchObject({
    'input.value': '__REDACTED__',
    'llm.input_messages.1.message.content': '__REDACTED__',
    'output.value': '__REDACTED__',
  });
  expect(Object.keys(recorder.span('chat gpt-4o').attributes).filter((key) => key.includes('image'))).toEqual(
    [],
  );
  expect(recorder.span('embeddings gpt-4o').attributes).toMatchObject({
    'embedding.embeddings.0.embedding.text': '__REDACTED__',
  });
});

it('replaces long images, and cuts long texts between two characters with a mark', async () => {
  const { genAi, attributes } = await startGenAi({
    conventions: 'both',
    capture: true,
    base64ImageMaxLength: 3,
    maxContentLength: 4,
  });
  genAi.withChat(MODEL, (call) => {
    call.setInput([
      {
        role: 'user',
        content: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,AAAAAAAA' } }],
      },
    ]);
    call.setOutput('tea😀😀');
  });
  expect(attributes('chat gpt-4o')).toMatchObject({
    'llm.input_messages.0.message.contents.0.message_content.image.image.url': '__REDACTED__',
    'gen_ai.output.messages': '[{"role":"assistant","parts":[{"type":"text","content":"tea…"}]}]',
    'output.value': 'tea…',
  });
});

it('masks secrets inside captured content', async () => {
  const { genAi, attributes } = await startGenAi({ capture: true });
  genAi.withTool({ name: 'login', input: { user: 'ada', password: 'hunter2-secret' } }, () => 'ok');
  expect(attributes('execute_tool login')['gen_ai.tool.call.arguments']).toBe(
    '{"user":"ada","password":"__REDACTED__"}',
  );
});
