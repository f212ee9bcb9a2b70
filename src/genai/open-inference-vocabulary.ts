import { toJson } from '../base/json-text.js';
import { OPEN_INFERENCE } from './attribute-names.js';
import type { RetrievedDocument } from './call-options.js';
import type { CallFacts } from './call-facts.js';
import type { Values } from './gen-ai-vocabulary.js';
import type { GenAiMessage, MessagePart } from './messages.js';
import { isInference } from './operations.js';
import type { Usage } from './usage.js';

/** OpenInference's provider names that differ from those of `gen_ai`. */
const PROVIDERS: Readonly<Record<string, string>> = {
  'gcp.gemini': 'google',
  'gcp.gen_ai': 'google',
  'gcp.vertex_ai': 'google',
  'azure.ai.openai': 'azure',
  'azure.ai.inference': 'azure',
  'aws.bedrock': 'aws',
  mistral_ai: 'mistralai',
  x_ai: 'xai',
};

const SYSTEMS: Readonly<Record<string, string>> = {
  'gcp.vertex_ai': 'vertexai',
  'azure.ai.openai': 'openai',
  mistral_ai: 'mistralai',
};

const SYSTEM_NAMES: ReadonlySet<string> = new Set(['openai', 'anthropic', 'cohere', 'mistralai', 'vertexai']);

/** Returns the attributes of a call at its start, in OpenInference's vocabulary. */
export function openInferenceRequest({ spanKind, operation, options }: CallFacts): Values {
  const { provider = '', model, agent, tool, conversation } = options;
  const system = SYSTEMS[provider] ?? provider;
  const ofModel = isInference(operation);
  return {
    [OPEN_INFERENCE.spanKind]: spanKind,
    [OPEN_INFERENCE.sessionId]: conversation,
    [OPEN_INFERENCE.modelName]: ofModel ? model : undefined,
    [OPEN_INFERENCE.provider]: ofModel && provider !== '' ? (PROVIDERS[provider] ?? provider) : undefined,
    [OPEN_INFERENCE.system]: ofModel && SYSTEM_NAMES.has(system) ? system : undefined,
    [OPEN_INFERENCE.embeddingModel]: spanKind === 'EMBEDDING' ? model : undefined,
    [OPEN_INFERENCE.rerankerModel]: spanKind === 'RERANKER' ? model : undefined,
    [OPEN_INFERENCE.rerankerTopK]: spanKind === 'RERANKER' ? options.topK : undefined,
    [OPEN_INFERENCE.agentName]: agent?.name,
    [OPEN_INFERENCE.toolName]: tool?.name,
    [OPEN_INFERENCE.toolDescription]: tool?.description,
    [OPEN_INFERENCE.toolId]: tool?.callId,
  };
}

/** Returns the attributes of a call at its end, in OpenInference's vocabulary. */
export function openInferenceResponse(facts: CallFacts): Values {
  const { response, usage, cost, content, spanKind, options, operation, summed } = facts;
  // Backends add up the figures of a trace themselves.
  const own: Usage = summed ? {} : usage.figures;
  return {
    [OPEN_INFERENCE.modelName]: isInference(operation) ? response.model : undefined,
    [OPEN_INFERENCE.finishReason]: response.finishReasons?.[0],
    [OPEN_INFERENCE.invocationParameters]: isInference(operation) ? parameters(facts) : undefined,
    [OPEN_INFERENCE.promptTokens]: own.inputTokens,
    [OPEN_INFERENCE.completionTokens]: own.outputTokens,
    [OPEN_INFERENCE.totalTokens]: summed ? undefined : usage.totalTokens,
    [OPEN_INFERENCE.cacheReadTokens]: own.cacheReadTokens,
    [OPEN_INFERENCE.cacheWriteTokens]: own.cacheWriteTokens,
    [OPEN_INFERENCE.reasoningTokens]: own.reasoningTokens,
    [OPEN_INFERENCE.promptCost]: summed ? undefined : cost?.prompt,
    [OPEN_INFERENCE.completionCost]: summed ? undefined : cost?.completion,
    [OPEN_INFERENCE.totalCost]: summed ? undefined : cost?.total,
    [OPEN_INFERENCE.inputValue]: content.input?.text,
    [OPEN_INFERENCE.inputMimeType]: content.input?.mimeType,
    [OPEN_INFERENCE.outputValue]: content.output?.text,
    [OPEN_INFERENCE.outputMimeType]: content.output?.mimeType,
    [OPEN_INFERENCE.toolParameters]:
      spanKind === 'TOOL' && content.input?.mimeType === 'application/json' ? content.input.text : undefined,
    [OPEN_INFERENCE.rerankerQuery]: spanKind === 'RERANKER' ? content.query : undefined,
    ...(options.tool === undefined ? tools(content.tools) : {}),
    ...messages(OPEN_INFERENCE.inputMessages, withInstructions(content)),
    ...messages(OPEN_INFERENCE.outputMessages, content.outputMessages),
    ...numbered(OPEN_INFERENCE.prompts, 'prompt.text', content.prompts),
    ...numbered(OPEN_INFERENCE.choices, 'completion.text', content.choices),
    ...numbered(OPEN_INFERENCE.embeddings, 'embedding.text', content.texts),
    ...numbered(OPEN_INFERENCE.embeddings, 'embedding.vector', content.vectors),
    ...documents(OPEN_INFERENCE.rerankerInput, content.inputDocuments),
    ...documents(
      spanKind === 'RERANKER' ? OPEN_INFERENCE.rerankerOutput : OPEN_INFERENCE.documents,
      content.documents,
    ),
  };
}

function parameters({ options, content, stream }: CallFacts): string | undefined {
  const verdict = content.policy.verdict('invocationParameters');
  if (verdict === 'hide') return undefined;
  const { stopSequences, ...plain } = options.parameters ?? {};
  const named = Object.entries({
    model: options.model,
    ...plain,
    stop: verdict === 'show' ? stopSequences : undefined,
    stream: stream ? true : undefined,
  }).map(([name, value]) => [snakeCase(name), value] as const);
  return toJson(Object.fromEntries(named));
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function withInstructions({
  instructions,
  inputMessages,
}: CallFacts['content']): readonly GenAiMessage[] | undefined {
  if (instructions === undefined) return inputMessages;
  return [{ role: 'system', parts: instructions }, ...(inputMessages ?? [])];
}

function messages(prefix: string, list: readonly GenAiMessage[] | undefined): Values {
  const values: Values = {};
  list?.forEach(({ role, parts }, index) => {
    const message = `${prefix}.${index}.message`;
    values[`${message}.role`] = role;
    const [first] = parts;
    if (parts.length === 1 && first?.type === 'text') values[`${message}.content`] = first.content;
    let calls = 0;
    let contents = 0;
    for (const part of parts) {
      if (part.type === 'tool_call') {
        const call = `${message}.tool_calls.${calls++}.tool_call`;
        values[`${call}.id`] = part.id;
        values[`${call}.function.name`] = part.name;
        values[`${call}.function.arguments`] = toJson(part.arguments);
      } else if (part.type === 'tool_call_response') {
        values[`${message}.tool_call_id`] = part.id;
        values[`${message}.content`] = textOf(part.response);
      } else if (parts.length > 1 || part.type !== 'text') {
        addContent(values, `${message}.contents.${contents++}.message_content`, part);
      }
    }
  });
  return values;
}

function addContent(values: Values, key: string, part: MessagePart): void {
  switch (part.type) {
    case 'text':
    case 'reasoning':
      values[`${key}.type`] = part.type;
      values[`${key}.text`] = part.content;
      return;
    case 'uri':
    case 'blob': {
      values[`${key}.type`] = part.modality;
      if (part.modality !== 'image') return;
      const { uri, content = '', mime_type: mime = 'image/*' } = part;
      // A hidden part is not an image any more.
      values[`${key}.image.image.url`] =
        uri ?? (content.startsWith('__') ? content : `data:${mime};base64,${content}`);
      return;
    }
    case 'generic':
      values[`${key}.type`] = 'text';
      values[`${key}.text`] = textOf(part.content);
      return;
    default:
  }
}

function tools(definitions: readonly unknown[] | undefined): Values {
  return numbered(
    OPEN_INFERENCE.tools,
    'tool.json_schema',
    definitions?.map((definition) => toJson(definition)),
  );
}

function documents(prefix: string, list: readonly RetrievedDocument[] | undefined): Values {
  const values: Values = {};
  list?.forEach(({ id, content, score, metadata }, index) => {
    const document = `${prefix}.${index}.document`;
    values[`${document}.id`] = id;
    values[`${document}.content`] = content;
    values[`${document}.score`] = score;
    values[`${document}.metadata`] = metadata && toJson(metadata);
  });
  return values;
}

function numbered(prefix: string, name: string, list: readonly unknown[] | undefined): Values {
  return Object.fromEntries((list ?? []).map((item, index) => [`${prefix}.${index}.${name}`, item]));
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : toJson(value);
}
