import { data, type ProviderAnswer, type ProviderRequest } from './fake-provider.js';

const HEAD = { modelVersion: 'gemini-2.5-pro', responseId: 'resp_1' };

const USAGE = {
  promptTokenCount: 1204,
  cachedContentTokenCount: 1000,
  candidatesTokenCount: 300,
  thoughtsTokenCount: 18,
  totalTokenCount: 1522,
};

function candidate(parts: unknown, finishReason?: string): unknown {
  const content = { role: 'model', parts };
  return [{ index: 0, content, ...(finishReason === undefined ? {} : { finishReason }) }];
}

/** Chunks of a streamed answer; each carries the tokens so far. */
export function contentEvents(): string[] {
  return [
    data({ ...HEAD, candidates: candidate([{ text: 'Water ' }]), usageMetadata: { promptTokenCount: 1204 } }),
    data({
      ...HEAD,
      candidates: candidate([{ text: 'first, ' }]),
      usageMetadata: { promptTokenCount: 1204 },
    }),
    data({ ...HEAD, candidates: candidate([{ text: 'then tea.' }], 'STOP'), usageMetadata: USAGE }),
  ];
}

const TOOL_CALL = [{ functionCall: { id: 'call_1', name: 'weather', args: { city: 'Paris' } } }];

/** Answers as Google's server does. */
export function googleAnswer({ path, headers, body }: ProviderRequest): ProviderAnswer {
  if (headers['x-goog-api-key'] !== 'test-key') {
    return { status: 403, json: { error: { code: 403, message: 'No key.', status: 'PERMISSION_DENIED' } } };
  }
  const [, method] = /^\/v1beta\/models\/[\w.-]+:(\w+)/.exec(path) ?? [];
  const tools = body['tools'] !== undefined;
  switch (method) {
    case 'generateContent':
      if (!Array.isArray(body['contents'])) {
        return {
          status: 400,
          json: { error: { code: 400, message: 'No contents.', status: 'INVALID_ARGUMENT' } },
        };
      }
      return {
        json: {
          ...HEAD,
          candidates: candidate(tools ? TOOL_CALL : [{ text: 'Water first, then tea.' }], 'STOP'),
          usageMetadata: USAGE,
        },
      };
    case 'streamGenerateContent':
      return {
        events: tools
          ? [data({ ...HEAD, candidates: candidate(TOOL_CALL, 'STOP'), usageMetadata: USAGE })]
          : contentEvents(),
      };
    case 'batchEmbedContents':
      return { json: { embeddings: [{ values: [0.25, -0.5] }] } };
    default:
      return { status: 404, json: { error: { code: 404, message: path, status: 'NOT_FOUND' } } };
  }
}
