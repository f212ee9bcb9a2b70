import type { Usage } from '../usage.js';
import type { Answer, AnswerDelta } from './answer.js';
import { defined, fieldsOf, listOf, numberOf, textOf, type Fields } from './fields.js';

/** Reads an answer of Google's models, whole or a chunk, or embeddings. */
export function readGenerated(value: Fields): Answer | undefined {
  if (Array.isArray(value['embeddings'])) {
    return { vectors: listOf(value['embeddings']).map(({ values }) => values) };
  }
  const { candidates, usageMetadata } = value;
  if (!Array.isArray(candidates) && usageMetadata === undefined) return undefined;
  return defined<Answer>({
    id: textOf(value['responseId']),
    model: textOf(value['modelVersion']),
    usage: readUsage(usageMetadata),
    deltas: listOf(candidates).flatMap(readCandidate),
  });
}

function readCandidate(candidate: Fields, position: number): AnswerDelta[] {
  const index = numberOf(candidate['index']) ?? position;
  const parts = listOf(fieldsOf(candidate['content'])['parts']).map((part, at): AnswerDelta => {
    const call = fieldsOf(part['functionCall']);
    if (typeof call['name'] === 'string') {
      const id = textOf(call['id']);
      const toolCall = { index: at, id, name: call['name'], arguments: JSON.stringify(call['args'] ?? {}) };
      return { index, toolCall: defined<NonNullable<AnswerDelta['toolCall']>>(toolCall) };
    }
    const text = textOf(part['text']);
    if (text === undefined) return { index };
    return part['thought'] === true ? { index, reasoning: text } : { index, text };
  });
  const finishReason = textOf(candidate['finishReason'])?.toLowerCase();
  return finishReason === undefined ? parts : [...parts, { index, finishReason }];
}

/**
 * Reads the usage. Google counts thoughts apart from the candidates, the conventions as part of the output.
 */
function readUsage(value: unknown): Usage | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const usage = fieldsOf(value);
  const prompt = numberOf(usage['promptTokenCount']);
  const tools = numberOf(usage['toolUsePromptTokenCount']) ?? 0;
  const said = numberOf(usage['candidatesTokenCount']);
  const thought = numberOf(usage['thoughtsTokenCount']);
  return defined<Usage>({
    inputTokens: prompt === undefined ? undefined : prompt + tools,
    outputTokens: said === undefined && thought === undefined ? undefined : (said ?? 0) + (thought ?? 0),
    cacheReadTokens: numberOf(usage['cachedContentTokenCount']),
    reasoningTokens: thought,
  });
}
