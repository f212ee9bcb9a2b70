import type { Answer, AnswerDelta } from './answer.js';
import { providerCodeOf, defined, fieldsOf, listOf, numberOf, textOf, type Fields } from './fields.js';
import type { Usage } from '../usage.js';

/** Whether a chunk of a chat completion contains only text, as most do. */
export function isMereText(chunk: unknown): boolean {
  const { object, choices, usage } = fieldsOf(chunk);
  if (object !== 'chat.completion.chunk' || !Array.isArray(choices)) return false;
  if (choices.length !== 1 || (usage !== undefined && usage !== null)) return false;
  return fieldsOf(choices[0])['finish_reason'] === null;
}

/** Reads chat and text completions, whole or as chunks, and embeddings. */
export function readCompletion(value: Fields): Answer | undefined {
  const { object } = value;
  if (object === 'list') return readEmbeddings(value);
  const choices = listOf(value['choices']);
  if (
    !Array.isArray(value['choices']) ||
    (choices.length === 0 && value['usage'] === undefined && typeof object !== 'string')
  )
    return undefined;
  return defined<Answer>({
    id: textOf(value['id']),
    model: textOf(value['model']),
    fingerprint: textOf(value['system_fingerprint']),
    serviceTier: textOf(value['service_tier']),
    usage: readUsage(value['usage']),
    deltas: choices.flatMap(readChoice),
  });
}

function readChoice(choice: Fields, position: number): AnswerDelta[] {
  const index = numberOf(choice['index']) ?? position;
  const said = fieldsOf(choice['delta'] ?? choice['message']);
  // A chunk has only one of these, and there are many chunks.
  const text = textOf(said['content']) ?? textOf(said['refusal']) ?? textOf(choice['text']);
  const reasoning = textOf(said['reasoning_content']) ?? textOf(said['reasoning']);
  const finishReason = textOf(choice['finish_reason']);
  const delta: { -readonly [K in keyof AnswerDelta]: AnswerDelta[K] } = { index };
  if (text !== undefined) delta.text = text;
  if (reasoning !== undefined) delta.reasoning = reasoning;
  if (finishReason !== undefined) delta.finishReason = finishReason;
  const { tool_calls: calls } = said;
  return Array.isArray(calls)
    ? [delta, ...listOf(calls).map((call, at) => readCall(call, at, index))]
    : [delta];
}

function readCall(call: Fields, at: number, index: number): AnswerDelta {
  const named = fieldsOf(call['function']);
  const toolCall = defined<NonNullable<AnswerDelta['toolCall']>>({
    index: numberOf(call['index']) ?? at,
    id: textOf(call['id']),
    name: textOf(named['name']),
    arguments: textOf(named['arguments']),
  });
  return { index, toolCall };
}

function readEmbeddings(value: Fields): Answer {
  return defined<Answer>({
    model: textOf(value['model']),
    usage: readUsage(value['usage']),
    vectors: listOf(value['data']).map(({ embedding }) => embedding),
  });
}

/** Reads the usage of chat completions and of the responses API. */
function readUsage(value: unknown): Usage | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const usage = fieldsOf(value);
  const input = fieldsOf(usage['prompt_tokens_details'] ?? usage['input_tokens_details']);
  const output = fieldsOf(usage['completion_tokens_details'] ?? usage['output_tokens_details']);
  return defined<Usage>({
    inputTokens: numberOf(usage['prompt_tokens']) ?? numberOf(usage['input_tokens']),
    outputTokens: numberOf(usage['completion_tokens']) ?? numberOf(usage['output_tokens']),
    cacheReadTokens: numberOf(input['cached_tokens']),
    cacheWriteTokens: numberOf(input['cache_write_tokens']),
    reasoningTokens: numberOf(output['reasoning_tokens']),
  });
}

/** Reads an answer of the responses API. */
export function readResponse(value: Fields): Answer | undefined {
  if (value['object'] !== 'response') return undefined;
  const incomplete = textOf(fieldsOf(value['incomplete_details'])['reason']);
  const status = textOf(value['status']);
  return defined<Answer>({
    id: textOf(value['id']),
    model: textOf(value['model']),
    serviceTier: textOf(value['service_tier']),
    usage: readUsage(value['usage']),
    failure: status === 'failed' ? (providerCodeOf(fieldsOf(value['error'])['code']) ?? status) : undefined,
    deltas: [
      ...listOf(value['output']).flatMap(readItem),
      ...(status === undefined || status === 'in_progress'
        ? []
        : [{ index: 0, finishReason: incomplete ?? status }]),
    ],
  });
}

function readItem(item: Fields, index: number): AnswerDelta[] {
  if (item['type'] === 'function_call') {
    const { call_id, name, arguments: args } = item;
    const call = { index, id: textOf(call_id), name: textOf(name), arguments: textOf(args) };
    return [{ index: 0, toolCall: defined<NonNullable<AnswerDelta['toolCall']>>(call) }];
  }
  return listOf(item['content']).map((part) =>
    defined<AnswerDelta>({ index: 0, text: textOf(part['text']) ?? textOf(part['refusal']) }),
  );
}

/** Reads an event of a streamed answer of the responses API. */
export function readResponseEvent(event: Fields): Answer | undefined {
  const { type } = event;
  if (typeof type !== 'string' || !type.startsWith('response.')) return undefined;
  if (event['response'] !== undefined) {
    const whole = readResponse(fieldsOf(event['response'])) ?? {};
    // The deltas came before, so only the end is new.
    const deltas = whole.deltas?.filter(({ finishReason }) => finishReason !== undefined);
    return { ...whole, ...(deltas === undefined ? {} : { deltas }) };
  }
  const index = numberOf(event['output_index']) ?? 0;
  switch (type) {
    case 'response.output_text.delta':
    case 'response.refusal.delta':
      return { deltas: [{ index: 0, text: String(event['delta']) }] };
    case 'response.reasoning_text.delta':
    case 'response.reasoning_summary_text.delta':
      return { deltas: [{ index: 0, reasoning: String(event['delta']) }] };
    case 'response.function_call_arguments.delta':
      return { deltas: [{ index: 0, toolCall: { index, arguments: String(event['delta']) } }] };
    case 'response.output_item.added': {
      const item = fieldsOf(event['item']);
      return item['type'] === 'function_call' ? { deltas: readItem({ ...item, arguments: '' }, index) } : {};
    }
    default:
      return {};
  }
}
