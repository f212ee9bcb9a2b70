import {
  constructorNameOf,
  defined,
  fieldsOf,
  listOf,
  numberOf,
  textOf,
  type Fields,
} from '../answers/fields.js';
import type { CallDescription } from '../call-facts.js';
import type { RequestParameters } from '../call-options.js';
import type { GenAiOperation } from '../operations.js';
import type { ClientEndpoint, ClientRequest, InstrumentOptions } from './client-endpoint.js';
import { serverOf } from './server-address.js';

/** Providers that are called with OpenAI's client, by host. */
const PROVIDERS: readonly (readonly [RegExp, string])[] = [
  [/\.openai\.azure\.com$/, 'azure.ai.openai'],
  [/\.(services\.ai|inference\.ai)\.azure\.com$/, 'azure.ai.inference'],
  [/(^|\.)groq\.com$/, 'groq'],
  [/(^|\.)deepseek\.com$/, 'deepseek'],
  [/(^|\.)mistral\.ai$/, 'mistral_ai'],
  [/(^|\.)x\.ai$/, 'x_ai'],
  [/(^|\.)perplexity\.ai$/, 'perplexity'],
  [/(^|\.)moonshot\.(ai|cn)$/, 'moonshot_ai'],
  [/^generativelanguage\.googleapis\.com$/, 'gcp.gemini'],
  [/^bedrock-runtime\./, 'aws.bedrock'],
];

/** Returns the methods that call a model, of OpenAI's client and of compatible ones. */
export function openAiEndpoints(
  client: object,
  { provider, streamUsage }: InstrumentOptions,
): ClientEndpoint[] {
  const { chat, responses, completions, embeddings, baseURL } = client as Record<string, unknown>;
  const chats = fieldsOf(chat)['completions'];
  if (typeof fieldsOf(chats)['create'] !== 'function' && typeof fieldsOf(responses)['create'] !== 'function')
    return [];
  const server = serverOf(baseURL);
  const azure = constructorNameOf(client) === 'AzureOpenAI' ? 'azure.ai.openai' : undefined;
  const own =
    provider ?? azure ?? PROVIDERS.find(([host]) => host.test(server?.address ?? ''))?.[1] ?? 'openai';
  const shared = defined<CallDescription>({ provider: own, server });
  const endpoint = (
    resource: unknown,
    operation: GenAiOperation,
    read: (body: Fields) => ClientRequest,
  ): ClientEndpoint[] =>
    typeof resource !== 'object' || resource === null
      ? []
      : [
          {
            resource,
            method: 'create',
            operation,
            read: (args) => {
              const request = read(fieldsOf(args[0]));
              const counted = operation === 'chat' && streamUsage === true ? withUsage(args) : {};
              return { ...request, options: { ...shared, ...request.options }, ...counted };
            },
          },
        ];
  return [
    ...endpoint(chats, 'chat', readChat),
    ...endpoint(responses, 'chat', readResponses),
    ...endpoint(completions, 'text_completion', readCompletion),
    ...endpoint(embeddings, 'embeddings', readEmbeddings),
  ];
}

function readChat(body: Fields): ClientRequest {
  return defined<ClientRequest>({
    options: { ...common(body), attributes: { 'openai.api.type': 'chat_completions' } },
    input: body['messages'],
    tools: Array.isArray(body['tools']) ? listOf(body['tools']) : undefined,
  });
}

function readResponses(body: Fields): ClientRequest {
  const { conversation } = body;
  const id = textOf(conversation) ?? textOf(fieldsOf(conversation)['id']);
  return defined<ClientRequest>({
    options: {
      ...common(body),
      attributes: { 'openai.api.type': 'responses' },
      ...(id === undefined ? {} : { conversation: id }),
    },
    input: body['input'],
    instructions: body['instructions'],
    tools: Array.isArray(body['tools']) ? listOf(body['tools']) : undefined,
  });
}

function readCompletion(body: Fields): ClientRequest {
  return { options: common(body), input: body['prompt'] };
}

function readEmbeddings(body: Fields): ClientRequest {
  const dimensions = numberOf(body['dimensions']);
  const format = textOf(body['encoding_format']);
  return {
    options: defined<CallDescription>({
      model: textOf(body['model']),
      dimensions,
      parameters: format === undefined ? undefined : { encodingFormats: [format] },
    }),
    input: body['input'],
  };
}

function common(body: Fields): CallDescription {
  const format = fieldsOf(body['response_format'] ?? fieldsOf(body['text'])['format'])['type'];
  const choices = numberOf(body['n']);
  const tier = textOf(body['service_tier']);
  return defined<CallDescription>({
    model: textOf(body['model']),
    stream: body['stream'] === true ? true : undefined,
    outputType: typeof format === 'string' ? (format.startsWith('json') ? 'json' : 'text') : undefined,
    parameters: defined<RequestParameters>({
      temperature: numberOf(body['temperature']),
      topP: numberOf(body['top_p']),
      maxTokens:
        numberOf(body['max_completion_tokens']) ??
        numberOf(body['max_output_tokens']) ??
        numberOf(body['max_tokens']),
      frequencyPenalty: numberOf(body['frequency_penalty']),
      presencePenalty: numberOf(body['presence_penalty']),
      seed: numberOf(body['seed']),
      choiceCount: choices === 1 ? undefined : choices,
      stopSequences: stops(body['stop']),
      serviceTier: tier === 'auto' ? undefined : tier,
    }),
  });
}

function stops(stop: unknown): readonly string[] | undefined {
  if (typeof stop === 'string') return [stop];
  return Array.isArray(stop) ? stop.map(String) : undefined;
}

/** Requests token counts for a stream, if the app did not, and withholds their chunk from the app. */
function withUsage([body, ...rest]: unknown[]): Partial<ClientRequest> {
  const given = fieldsOf(body);
  const options = fieldsOf(given['stream_options']);
  if (given['stream'] !== true || options['include_usage'] !== undefined) return {};
  return {
    args: [{ ...given, stream_options: { ...options, include_usage: true } }, ...rest],
    filter: (chunk) => {
      const { usage, choices } = fieldsOf(chunk);
      if (usage === null) Reflect.deleteProperty(chunk as object, 'usage');
      return !(Array.isArray(choices) && choices.length === 0 && usage !== null && usage !== undefined);
    },
  };
}
