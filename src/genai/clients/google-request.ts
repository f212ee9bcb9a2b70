import { defined, fieldsOf, listOf, numberOf, textOf, type Fields } from '../answers/fields.js';
import type { CallDescription } from '../call-facts.js';
import type { RequestParameters } from '../call-options.js';
import type { ClientEndpoint, ClientRequest, InstrumentOptions } from './client-endpoint.js';
import { serverOf } from './server-address.js';

/** Returns the methods of Google's client that call a model; its chats use them, too. */
export function googleEndpoints(client: object, { provider }: InstrumentOptions): ClientEndpoint[] {
  const { models, vertexai, httpOptions } = client as Record<string, unknown>;
  if (typeof fieldsOf(models)['generateContent'] !== 'function') return [];
  const resource = models as object;
  const vertex = vertexai === true;
  const shared = defined<CallDescription>({
    provider: provider ?? (vertex ? 'gcp.vertex_ai' : 'gcp.gemini'),
    server: serverOf(addressOf(client, httpOptions, vertex)),
  });
  const read =
    (stream: boolean): ClientEndpoint['read'] =>
    ([params]) => {
      const request = readContents(fieldsOf(params));
      const options = { ...shared, ...request.options, ...(stream ? { stream } : {}) };
      const { abortSignal } = fieldsOf(fieldsOf(params)['config']);
      return { ...request, options, signal: abortSignal instanceof AbortSignal ? abortSignal : undefined };
    };
  return [
    { resource, method: 'generateContent', operation: 'generate_content', read: read(false) },
    { resource, method: 'generateContentStream', operation: 'generate_content', read: read(true) },
    {
      resource,
      method: 'embedContent',
      operation: 'embeddings',
      read: ([params]) => {
        const { model, contents, config } = fieldsOf(params);
        const dimensions = numberOf(fieldsOf(config)['outputDimensionality']);
        const options = defined<CallDescription>({ ...shared, model: textOf(model), dimensions });
        return { options, input: contents };
      },
    },
  ];
}

/** Reads the client's address, which only a method of an inner object returns. */
function addressOf(client: object, httpOptions: unknown, vertex: boolean): unknown {
  const { apiClient } = client as { apiClient?: { getBaseUrl?: () => unknown } };
  try {
    return fieldsOf(httpOptions)['baseUrl'] ?? apiClient?.getBaseUrl?.();
  } catch {
    return vertex ? undefined : 'https://generativelanguage.googleapis.com/';
  }
}

function readContents(params: Fields): ClientRequest {
  const config = fieldsOf(params['config']);
  const choices = numberOf(config['candidateCount']);
  const { stopSequences, responseMimeType } = config;
  return defined<ClientRequest>({
    options: defined<CallDescription>({
      model: textOf(params['model']),
      outputType: responseMimeType === 'application/json' ? 'json' : undefined,
      parameters: defined<RequestParameters>({
        temperature: numberOf(config['temperature']),
        topP: numberOf(config['topP']),
        topK: numberOf(config['topK']),
        maxTokens: numberOf(config['maxOutputTokens']),
        frequencyPenalty: numberOf(config['frequencyPenalty']),
        presencePenalty: numberOf(config['presencePenalty']),
        seed: numberOf(config['seed']),
        choiceCount: choices === 1 ? undefined : choices,
        stopSequences: Array.isArray(stopSequences) ? stopSequences.map(String) : undefined,
      }),
    }),
    input: params['contents'],
    instructions: config['systemInstruction'],
    tools: Array.isArray(config['tools'])
      ? listOf(config['tools']).flatMap((tool) => listOf(tool['functionDeclarations']))
      : undefined,
  });
}
