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
import type { ClientEndpoint, ClientRequest, InstrumentOptions } from './client-endpoint.js';
import { serverOf } from './server-address.js';

/** Other providers of Anthropic's models, by the class name of their client. */
const PROVIDERS: Readonly<Record<string, string>> = {
  AnthropicBedrock: 'aws.bedrock',
  AnthropicVertex: 'gcp.vertex_ai',
};

/** Returns the methods of Anthropic's client that call a model. */
export function anthropicEndpoints(client: object, { provider }: InstrumentOptions): ClientEndpoint[] {
  const { messages, beta, baseURL } = client as Record<string, unknown>;
  if (typeof fieldsOf(messages)['create'] !== 'function') return [];
  const own = provider ?? PROVIDERS[constructorNameOf(client) ?? ''] ?? 'anthropic';
  const shared = defined<CallDescription>({ provider: own, server: serverOf(baseURL) });
  return [messages, fieldsOf(beta)['messages']].flatMap((resource): ClientEndpoint[] =>
    typeof resource !== 'object' || resource === null
      ? []
      : [
          {
            resource,
            method: 'create',
            operation: 'chat',
            read: ([body]) => {
              const request = readMessages(fieldsOf(body));
              return { ...request, options: { ...shared, ...request.options } };
            },
          },
        ],
  );
}

function readMessages(body: Fields): ClientRequest {
  const { stop_sequences: stops } = body;
  return defined<ClientRequest>({
    options: defined<CallDescription>({
      model: textOf(body['model']),
      stream: body['stream'] === true ? true : undefined,
      parameters: defined<RequestParameters>({
        temperature: numberOf(body['temperature']),
        topP: numberOf(body['top_p']),
        topK: numberOf(body['top_k']),
        maxTokens: numberOf(body['max_tokens']),
        stopSequences: Array.isArray(stops) ? stops.map(String) : undefined,
      }),
    }),
    input: body['messages'],
    instructions: body['system'],
    tools: Array.isArray(body['tools']) ? listOf(body['tools']) : undefined,
  });
}
