import { GENAI_CONTENT_KINDS, type GenAiConfig, type ModelPrice } from './genai-config.js';
import {
  anyOf,
  boolean,
  leaf,
  limit,
  literal,
  object,
  positiveInteger,
  record,
  required,
  type Check,
} from './schema.js';

const dollars = leaf({
  expected: 'a number of US dollars per million tokens, 0 or more',
  remedy: 'Pass what a million tokens cost: 2.5, not 0.0000025.',
  accepts: (value) => Number.isFinite(value) && (value as number) >= 0,
  kind: (value) => typeof value === 'number',
});

const content = object(Object.fromEntries(GENAI_CONTENT_KINDS.map((kind) => [kind, boolean])));

/** Validates the option `genai`. */
export const genAiCheck: Check = object({
  conventions: literal('gen_ai', 'openinference', 'both'),
  version: literal('current', 'latest'),
  prices: record(
    object({
      inputPerMillion: required(dollars),
      outputPerMillion: dollars,
      cachedInputPerMillion: dollars,
      cacheWritePerMillion: dollars,
    } satisfies Record<keyof ModelPrice, Check>),
  ),
  capture: anyOf(boolean, content),
  hide: content,
  base64ImageMaxLength: limit,
  maxContentLength: positiveInteger,
} satisfies Record<keyof GenAiConfig, Check>);
