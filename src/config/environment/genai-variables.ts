import type { GenAiConfig, GenAiContent } from '../genai-config.js';
import { limit } from '../schema.js';
import type { Variables } from './variables.js';

/** OpenInference's variables that hide a kind of content, with their older names. */
const HIDING: Readonly<Record<string, keyof GenAiContent>> = {
  OPENINFERENCE_HIDE_INPUT_MESSAGES: 'inputMessages',
  OPENINFERENCE_HIDE_OUTPUT_MESSAGES: 'outputMessages',
  OPENINFERENCE_HIDE_INPUT_IMAGES: 'inputImages',
  OPENINFERENCE_HIDE_INPUT_TEXT: 'inputText',
  OPENINFERENCE_HIDE_OUTPUT_TEXT: 'outputText',
  OPENINFERENCE_HIDE_EMBEDDINGS_VECTORS: 'embeddingsVectors',
  OPENINFERENCE_HIDE_EMBEDDING_VECTORS: 'embeddingsVectors',
  OPENINFERENCE_HIDE_EMBEDDINGS_TEXT: 'embeddingsText',
  OPENINFERENCE_HIDE_LLM_INVOCATION_PARAMETERS: 'invocationParameters',
  OPENINFERENCE_HIDE_LLM_TOOLS: 'tools',
  OPENINFERENCE_HIDE_PROMPTS: 'prompts',
  OPENINFERENCE_HIDE_CHOICES: 'choices',
};

/** The variables that {@link genAiFromVariables} and masking read. */
export const GENAI_VARIABLES = [
  ...Object.keys(HIDING),
  'OPENINFERENCE_HIDE_INPUTS',
  'OPENINFERENCE_HIDE_OUTPUTS',
  'OPENINFERENCE_BASE64_IMAGE_MAX_LENGTH',
  'OPENINFERENCE_ENABLE_GENAI_SEMCONV',
];

const LATEST = 'gen_ai_latest_experimental';

/** Reads the variables about model calls; returns `undefined` if none is set. */
export function genAiFromVariables(variables: Variables): GenAiConfig | undefined {
  const hide: Record<string, boolean> = {};
  for (const [name, kind] of Object.entries(HIDING)) {
    const value = variables.flag(name);
    // If two variables set the same kind, the one that hides wins.
    if (value !== undefined) hide[kind] = value || hide[kind] === true;
  }
  const base64ImageMaxLength = variables.number('OPENINFERENCE_BASE64_IMAGE_MAX_LENGTH', limit);
  const both = variables.flag('OPENINFERENCE_ENABLE_GENAI_SEMCONV');
  const latest = variables.list('OTEL_SEMCONV_STABILITY_OPT_IN').includes(LATEST);
  variables.ignore('OPENINFERENCE_BLOB_UPLOADER', 'content is recorded on spans or not at all.');
  const config: GenAiConfig = {
    ...(Object.keys(hide).length === 0 ? {} : { hide }),
    ...(base64ImageMaxLength === undefined ? {} : { base64ImageMaxLength }),
    ...(both === true ? { conventions: 'both' } : {}),
    ...(latest ? { version: 'latest' } : {}),
  };
  return Object.keys(config).length === 0 ? undefined : config;
}
