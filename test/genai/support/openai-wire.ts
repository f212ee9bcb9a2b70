import { data, event, type ProviderAnswer, type ProviderRequest } from './fake-provider.js';

/** Tokens of {@link openAiAnswer}. */
const OPENAI_USAGE = {
  prompt_tokens: 1204,
  completion_tokens: 318,
  total_tokens: 1522,
  prompt_tokens_details: { cached_tokens: 1000, audio_tokens: 0 },
  completion_tokens_details: { reasoning_tokens: 12, audio_tokens: 0 },
};

const HEAD = {
  id: 'chatcmpl-1',
  created: 1,
  model: 'gpt-4o-2024-08-06',
  system_fingerprint: 'fp_1',
  service_tier: 'default',
};

const WORDS = ['Water ', 'first, ', 'then ', 'tea.'];

const TOOL_CALL = {
  id: 'call_1',
  type: 'function',
  function: { name: 'weather', arguments: '{"city":"Paris"}' },
};

function whole(object: string, choices: unknown): unknown {
  return { ...HEAD, object, choices, usage: OPENAI_USAGE };
}

function chunk(delta: unknown, finish: string | null = null): string {
  const choices = [{ index: 0, delta, logprobs: null, finish_reason: finish }];
  return data({ ...HEAD, object: 'chat.completion.chunk', choices });
}

/** Chunks of a streamed chat completion, the last two only after `include_usage`. */
export function chatEvents(withUsage: boolean, tools = false): string[] {
  const said = tools
    ? [
        chunk({ role: 'assistant', content: null }),
        chunk({ tool_calls: [{ index: 0, ...TOOL_CALL, function: { name: 'weather', arguments: '' } }] }),
        chunk({ tool_calls: [{ index: 0, function: { arguments: '{"city":' } }] }),
        chunk({ tool_calls: [{ index: 0, function: { arguments: '"Paris"}' } }] }),
        chunk({}, 'tool_calls'),
      ]
    : [
        chunk({ role: 'assistant', content: '' }),
        ...WORDS.map((content) => chunk({ content })),
        chunk({}, 'stop'),
      ];
  const usage = data({ ...HEAD, object: 'chat.completion.chunk', choices: [], usage: OPENAI_USAGE });
  return [...said, ...(withUsage ? [usage] : []), data('[DONE]')];
}

const RESPONSE = {
  id: 'resp_1',
  object: 'response',
  created_at: 1,
  model: 'gpt-4o-2024-08-06',
  status: 'completed',
  service_tier: 'default',
  error: null,
  incomplete_details: null,
  output: [
    {
      id: 'msg_1',
      type: 'message',
      role: 'assistant',
      status: 'completed',
      content: [{ type: 'output_text', text: WORDS.join(''), annotations: [] }],
    },
  ],
  usage: {
    input_tokens: 1204,
    output_tokens: 318,
    total_tokens: 1522,
    input_tokens_details: { cached_tokens: 1000 },
    output_tokens_details: { reasoning_tokens: 12 },
  },
};

const FUNCTION_CALL = {
  id: 'fc_1',
  type: 'function_call',
  status: 'completed',
  call_id: 'call_1',
  ...TOOL_CALL.function,
};

/** Events of a streamed response. */
export function responseEvents(tools: boolean): string[] {
  const begun = { ...RESPONSE, status: 'in_progress', output: [], usage: null };
  let sequence_number = 0;
  const named: Named = (type, rest) => event(type, { type, sequence_number: sequence_number++, ...rest });
  return [
    named('response.created', { response: begun }),
    ...(tools ? calling(named) : saying(named)),
    named('response.completed', { response: answered(tools) }),
  ];
}

type Named = (type: string, rest: object) => string;

function answered(tools: boolean): unknown {
  return tools ? { ...RESPONSE, output: [FUNCTION_CALL] } : RESPONSE;
}

function calling(named: Named): string[] {
  const place = { output_index: 0, item_id: 'fc_1' };
  return [
    named('response.output_item.added', {
      output_index: 0,
      item: { ...FUNCTION_CALL, status: 'in_progress', arguments: '' },
    }),
    ...['{"city":', '"Paris"}'].map((delta) =>
      named('response.function_call_arguments.delta', { ...place, delta }),
    ),
    named('response.function_call_arguments.done', { ...place, arguments: FUNCTION_CALL.arguments }),
    named('response.output_item.done', { output_index: 0, item: FUNCTION_CALL }),
  ];
}

function saying(named: Named): string[] {
  return [
    named('response.output_item.added', {
      output_index: 0,
      item: { id: 'msg_1', type: 'message', role: 'assistant', status: 'in_progress', content: [] },
    }),
    named('response.content_part.added', {
      output_index: 0,
      content_index: 0,
      item_id: 'msg_1',
      part: { type: 'output_text', text: '', annotations: [] },
    }),
    ...WORDS.map((delta) =>
      named('response.output_text.delta', { output_index: 0, content_index: 0, item_id: 'msg_1', delta }),
    ),
    named('response.output_text.done', {
      output_index: 0,
      content_index: 0,
      item_id: 'msg_1',
      text: WORDS.join(''),
    }),
    named('response.output_item.done', { output_index: 0, item: RESPONSE.output[0] }),
  ];
}

/** Answers as OpenAI's server does. */
export function openAiAnswer({ path, headers, body }: ProviderRequest): ProviderAnswer {
  if (headers.authorization !== 'Bearer test-key') {
    return {
      status: 401,
      json: {
        error: { message: 'Incorrect API key', type: 'invalid_request_error', code: 'invalid_api_key' },
      },
    };
  }
  const { model, stream, stream_options: options, tools } = body;
  if (typeof model !== 'string') {
    return { status: 400, json: { error: { message: 'you must provide a model parameter', code: null } } };
  }
  switch (path) {
    case '/v1/chat/completions': {
      if (!Array.isArray(body['messages']))
        return { status: 400, json: { error: { code: 'missing_messages' } } };
      const withUsage = (options as { include_usage?: boolean } | undefined)?.include_usage === true;
      if (stream === true) return { events: chatEvents(withUsage, tools !== undefined) };
      if (options !== undefined) return { status: 400, json: { error: { code: 'invalid_stream_options' } } };
      const message =
        tools === undefined
          ? { role: 'assistant', content: WORDS.join(''), refusal: null }
          : { role: 'assistant', content: null, refusal: null, tool_calls: [TOOL_CALL] };
      const finish_reason = tools === undefined ? 'stop' : 'tool_calls';
      return { json: whole('chat.completion', [{ index: 0, message, logprobs: null, finish_reason }]) };
    }
    case '/v1/responses':
      return stream === true
        ? { events: responseEvents(tools !== undefined) }
        : { json: answered(tools !== undefined) };
    case '/v1/completions':
      return {
        json: whole('text_completion', [{ index: 0, text: 'tea.', logprobs: null, finish_reason: 'length' }]),
      };
    case '/v1/embeddings': {
      const vector = [0.25, -0.5, 1];
      const base64 = Buffer.from(new Float32Array(vector).buffer).toString('base64');
      const embedding = body['encoding_format'] === 'base64' ? base64 : vector;
      const usage = { prompt_tokens: 8, total_tokens: 8 };
      return { json: { object: 'list', model, data: [{ object: 'embedding', index: 0, embedding }], usage } };
    }
    default:
      return { status: 404, json: { error: { message: 'Unknown request URL', code: 'unknown_url' } } };
  }
}
