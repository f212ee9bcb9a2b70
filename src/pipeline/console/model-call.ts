import { duration } from '../../base/duration.js';

const MODEL = ['gen_ai.response.model', 'gen_ai.request.model', 'llm.model_name'] as const;
const INPUT = ['gen_ai.usage.input_tokens', 'llm.token_count.prompt'] as const;
const OUTPUT = ['gen_ai.usage.output_tokens', 'llm.token_count.completion'] as const;
const COST = ['gen_ai.usage.cost', 'llm.cost.total'] as const;
const FIRST_CHUNK = 'gen_ai.response.time_to_first_chunk';

/** The attributes that {@link modelCallLine} shows. The details of a span leave them out. */
export const MODEL_CALL_ATTRIBUTES: ReadonlySet<string> = new Set([
  ...MODEL,
  ...INPUT,
  ...OUTPUT,
  ...COST,
  FIRST_CHUNK,
]);

/**
 * Summarises a model call in one line, such as `gpt-4o 1,204→318 tok $0.0062 ttft 210 ms`. For a span that
 * sums up other calls, such as an agent's, the line has no model.
 *
 * @returns `undefined` for other spans
 */
export function modelCallLine(attributes: Readonly<Record<string, unknown>>): string | undefined {
  const parts: string[] = [];
  const model = first(attributes, MODEL);
  if (typeof model === 'string') parts.push(model);
  const input = first(attributes, INPUT);
  const output = first(attributes, OUTPUT);
  if (typeof input === 'number' || typeof output === 'number') {
    parts.push(`${count(input)}→${count(output)} tok`);
  }
  const cost = first(attributes, COST);
  if (typeof cost === 'number') parts.push(`$${cost.toFixed(4)}`);
  const chunk = attributes[FIRST_CHUNK];
  if (typeof chunk === 'number') parts.push(`ttft ${duration(chunk * 1000)}`);
  return parts.length === 0 ? undefined : parts.join(' ');
}

function first(attributes: Readonly<Record<string, unknown>>, names: readonly string[]): unknown {
  return attributes[names.find((name) => attributes[name] !== undefined) ?? ''];
}

function count(tokens: unknown): string {
  return typeof tokens === 'number' ? tokens.toLocaleString('en') : '?';
}
