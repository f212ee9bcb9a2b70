import { duration } from '../store/format.js';

/**
 * One line about a model call, such as `gpt-4o 1,204→318 tok $0.0062 ttft 210 ms`; nothing for other spans.
 */
export function genAiLine(attributes: Readonly<Record<string, unknown>>): string | undefined {
  const model =
    attributes['gen_ai.response.model'] ?? attributes['gen_ai.request.model'] ?? attributes['llm.model_name'];
  if (typeof model !== 'string') return undefined;
  const parts = [model];
  const input = attributes['gen_ai.usage.input_tokens'] ?? attributes['llm.token_count.prompt'];
  const output = attributes['gen_ai.usage.output_tokens'] ?? attributes['llm.token_count.completion'];
  if (typeof input === 'number' || typeof output === 'number') {
    parts.push(`${count(input)}→${count(output)} tok`);
  }
  const cost = attributes['gen_ai.usage.cost'] ?? attributes['llm.cost.total'];
  if (typeof cost === 'number') parts.push(`$${cost.toFixed(4)}`);
  const first = attributes['gen_ai.response.time_to_first_chunk'];
  if (typeof first === 'number') parts.push(`ttft ${duration(first * 1000)}`);
  return parts.join(' ');
}

function count(tokens: unknown): string {
  return typeof tokens === 'number' ? tokens.toLocaleString('en') : '?';
}
