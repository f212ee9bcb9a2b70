import { defined, fieldsOf, listOf, numberOf, textOf, type Fields } from '../answers/fields.js';
import type { CallDescription } from '../call-facts.js';
import type { CallResponse, ChunkReading, RequestParameters } from '../call-options.js';
import type { StartedCall } from '../run-call.js';
import type { Usage } from '../usage.js';

/** Provider names of the AI SDK by prefix, with the conventions' names. */
const PROVIDERS: readonly (readonly [string, string])[] = [
  ['google.vertex', 'gcp.vertex_ai'],
  ['google', 'gcp.gemini'],
  ['amazon-bedrock', 'aws.bedrock'],
  ['azure', 'azure.ai.openai'],
  ['mistral', 'mistral_ai'],
  ['xai', 'x_ai'],
];

/** Records a part of a streamed answer, so that an aborted call has the facts known so far. */
export function notePart(started: StartedCall, part: Fields): void {
  const { call } = started;
  const { type, id, modelId } = part;
  if (type === 'response-metadata') {
    call.setResponse(defined<CallResponse>({ id: textOf(id), model: textOf(modelId) }));
  } else if (type === 'error') started.fail(part['error']);
  else if (/-(start|delta|call)$/.test(String(type)) && type !== 'stream-start') call.chunk(part);
}

/** Reads the text of a part of a streamed answer. */
export function readPart({ type, delta }: Fields): ChunkReading {
  return type === 'text-delta' && typeof delta === 'string' ? { text: delta } : {};
}

/** Reads the provider and the model of an event. */
export function modelOf(event: Fields): CallDescription {
  const name = textOf(event['provider']);
  const known = PROVIDERS.find(([prefix]) => name?.startsWith(prefix) === true)?.[1];
  return defined<CallDescription>({
    provider: known ?? name?.split('.')[0],
    model: textOf(event['modelId']),
  });
}

/** Reads the parameters of a request to a model. */
export function parametersOf(event: Fields): RequestParameters {
  const { stopSequences } = event;
  return defined<RequestParameters>({
    temperature: numberOf(event['temperature']),
    topP: numberOf(event['topP']),
    topK: numberOf(event['topK']),
    maxTokens: numberOf(event['maxOutputTokens']),
    frequencyPenalty: numberOf(event['frequencyPenalty']),
    presencePenalty: numberOf(event['presencePenalty']),
    seed: numberOf(event['seed']),
    stopSequences: Array.isArray(stopSequences) ? listOf(stopSequences).map(String) : undefined,
  });
}

/** Reads the tokens that a model has used. */
export function usageOf(value: unknown): Usage | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const usage = fieldsOf(value);
  const input = fieldsOf(usage['inputTokenDetails']);
  return defined<Usage>({
    inputTokens: numberOf(usage['inputTokens']),
    outputTokens: numberOf(usage['outputTokens']),
    cacheReadTokens: numberOf(input['cacheReadTokens']),
    cacheWriteTokens: numberOf(input['cacheWriteTokens']),
    reasoningTokens: numberOf(fieldsOf(usage['outputTokenDetails'])['reasoningTokens']),
  });
}
