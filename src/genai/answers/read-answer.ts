import type { ChunkReading } from '../call-options.js';
import type { Answer, AnswerDelta } from './answer.js';
import { fieldsOf, defined } from './fields.js';
import { readAnthropicMessage } from './anthropic-answer.js';
import { readGenerated } from './google-answer.js';
import { readCompletion, readResponse, readResponseEvent } from './openai-answer.js';
import type { Usage } from '../usage.js';

/**
 * Reads a provider's answer, whole or a chunk of a stream. The provider is recognised by the answer's form.
 *
 * @returns nothing if the value has no provider's form
 */
export function readAnswer(value: unknown): Answer | undefined {
  if (typeof value === 'string') return { deltas: [{ index: 0, text: value }] };
  if (typeof value !== 'object' || value === null) return undefined;
  const fields = fieldsOf(value);
  return (
    readCompletion(fields) ??
    readResponseEvent(fields) ??
    readAnthropicMessage(fields) ??
    readResponse(fields) ??
    readGenerated(fields)
  );
}

/** Converts the facts that a user's function read from a chunk to an answer. */
export function answerOfReading(reading: ChunkReading): Answer {
  const { text, finishReason, inputTokens, outputTokens, model, id } = reading;
  return defined<Answer>({
    id,
    model,
    usage:
      inputTokens === undefined && outputTokens === undefined
        ? undefined
        : defined<Usage>({ inputTokens, outputTokens }),
    deltas: [defined<AnswerDelta>({ index: 0, text, finishReason })],
  });
}
