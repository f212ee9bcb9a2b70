import type { Usage } from '../usage.js';
import type { Answer, AnswerDelta } from './answer.js';
import { defined, fieldsOf, listOf, numberOf, textOf, type Fields } from './fields.js';

/** Reads a message of Anthropic, or an event of a streamed one. */
export function readAnthropicMessage(value: Fields): Answer | undefined {
  switch (value['type']) {
    case 'message':
      return readWhole(value);
    case 'message_start':
      return readWhole(fieldsOf(value['message']));
    case 'message_delta':
      return defined<Answer>({
        usage: readUsage(value['usage']),
        deltas: finish(fieldsOf(value['delta'])['stop_reason']),
      });
    case 'content_block_start':
      return { deltas: readBlock(fieldsOf(value['content_block']), numberOf(value['index']) ?? 0) };
    case 'content_block_delta':
      return { deltas: readDelta(fieldsOf(value['delta']), numberOf(value['index']) ?? 0) };
    case 'content_block_stop':
    case 'message_stop':
      return {};
    default:
      return undefined;
  }
}

function readWhole(message: Fields): Answer {
  return defined<Answer>({
    id: textOf(message['id']),
    model: textOf(message['model']),
    serviceTier: textOf(fieldsOf(message['usage'])['service_tier']),
    usage: readUsage(message['usage']),
    deltas: [...listOf(message['content']).flatMap(readBlock), ...finish(message['stop_reason'])],
  });
}

function readBlock(block: Fields, index: number): AnswerDelta[] {
  switch (block['type']) {
    case 'text':
      return [{ index: 0, text: String(block['text']) }];
    case 'thinking':
      return [{ index: 0, reasoning: String(block['thinking']) }];
    case 'tool_use': {
      const input = JSON.stringify(block['input'] ?? {});
      const call = { index, id: textOf(block['id']), name: textOf(block['name']) };
      // The input of a streamed call follows later.
      const args = input === '{}' ? undefined : input;
      return [
        { index: 0, toolCall: defined<NonNullable<AnswerDelta['toolCall']>>({ ...call, arguments: args }) },
      ];
    }
    default:
      return [];
  }
}

function readDelta(delta: Fields, index: number): AnswerDelta[] {
  if (typeof delta['text'] === 'string') return [{ index: 0, text: delta['text'] }];
  if (typeof delta['thinking'] === 'string') return [{ index: 0, reasoning: delta['thinking'] }];
  const { partial_json: json } = delta;
  return typeof json === 'string' ? [{ index: 0, toolCall: { index, arguments: json } }] : [];
}

function finish(reason: unknown): AnswerDelta[] {
  return typeof reason === 'string' ? [{ index: 0, finishReason: reason }] : [];
}

/** Reads the usage. Anthropic counts cached tokens apart from the input, the conventions as part of it. */
function readUsage(value: unknown): Usage | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const usage = fieldsOf(value);
  const plain = numberOf(usage['input_tokens']);
  const read = numberOf(usage['cache_read_input_tokens']);
  const written = numberOf(usage['cache_creation_input_tokens']);
  return defined<Usage>({
    inputTokens: plain === undefined ? undefined : plain + (read ?? 0) + (written ?? 0),
    outputTokens: numberOf(usage['output_tokens']),
    cacheReadTokens: read,
    cacheWriteTokens: written,
    reasoningTokens: numberOf(fieldsOf(usage['output_tokens_details'])['thinking_tokens']),
  });
}
