import { event, type ProviderAnswer, type ProviderRequest } from './fake-provider.js';

const TOOL_USE = { type: 'tool_use', id: 'toolu_1', name: 'weather', input: { city: 'Paris' } };

const MESSAGE = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'claude-sonnet-5-20260701',
  stop_sequence: null,
};

/** Input without cached tokens, as Anthropic counts. */
const USAGE = {
  input_tokens: 20,
  cache_read_input_tokens: 1000,
  cache_creation_input_tokens: 100,
  service_tier: 'standard',
};

/** Events of a streamed message. */
export function messageEvents(tools = false): string[] {
  const named = (value: { readonly type: string }): string => event(value.type, value);
  const block = tools ? { ...TOOL_USE, input: {} } : { type: 'text', text: '' };
  const deltas = tools
    ? ['{"city":', '"Paris"}'].map((partial_json) => ({ type: 'input_json_delta', partial_json }))
    : ['Water ', 'first.'].map((text) => ({ type: 'text_delta', text }));
  return [
    named({
      type: 'message_start',
      message: { ...MESSAGE, content: [], stop_reason: null, usage: { ...USAGE, output_tokens: 1 } },
    } as never),
    named({ type: 'content_block_start', index: 0, content_block: block } as never),
    named({ type: 'ping' }),
    ...deltas.map((delta) => named({ type: 'content_block_delta', index: 0, delta } as never)),
    named({ type: 'content_block_stop', index: 0 } as never),
    named({
      type: 'message_delta',
      delta: { stop_reason: tools ? 'tool_use' : 'end_turn', stop_sequence: null },
      usage: { output_tokens: 42 },
    } as never),
    named({ type: 'message_stop' }),
  ];
}

/** Answers as Anthropic's server does. */
export function anthropicAnswer({ path, headers, body }: ProviderRequest): ProviderAnswer {
  const failure = (status: number, type: string): ProviderAnswer => ({
    status,
    json: { type: 'error', error: { type, message: type }, request_id: 'req_1' },
  });
  if (headers.authorization !== 'Bearer test-key') return failure(401, 'authentication_error');
  if (headers['anthropic-version'] === undefined) return failure(400, 'invalid_request_error');
  if (path !== '/v1/messages' && path !== '/v1/messages?beta=true') return failure(404, 'not_found_error');
  if (typeof body['max_tokens'] !== 'number' || !Array.isArray(body['messages']))
    return failure(400, 'invalid_request_error');
  const tools = body['tools'] !== undefined;
  if (body['stream'] === true) return { events: messageEvents(tools) };
  return {
    json: {
      ...MESSAGE,
      content: tools ? [TOOL_USE] : [{ type: 'text', text: 'Water first.' }],
      stop_reason: tools ? 'tool_use' : 'end_turn',
      usage: { ...USAGE, output_tokens: 42 },
    },
  };
}
