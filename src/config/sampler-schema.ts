import { SpanKind } from '@opentelemetry/api';
import {
  anyOf,
  arrayOf,
  instance,
  isObject,
  join,
  leaf,
  literal,
  object,
  ratio,
  record,
  refine,
  regExp,
  required,
  string,
  boolean,
  type Check,
} from './schema.js';
import type { SamplerConfig, SamplingRule } from './sampler-config.js';

const pattern = anyOf(string, regExp);

const kinds = Object.keys(SpanKind)
  .filter((name) => Number.isNaN(Number(name)))
  .map((name) => name.toLowerCase());

const rule = object({
  route: pattern,
  name: pattern,
  kind: literal(...kinds),
  attributes: record(
    instance(
      'an attribute value or a regular expression',
      (value) =>
        ['string', 'number', 'boolean'].includes(typeof value) ||
        Array.isArray(value) ||
        value instanceof RegExp,
    ),
  ),
  ratio: required(ratio),
} satisfies Record<keyof SamplingRule, Check>);

const rate = leaf({
  expected: 'a positive number',
  remedy: 'Pass how many spans a second may be kept, or leave the option out for no limit.',
  accepts: (value) => typeof value === 'number' && value > 0 && value < Infinity,
});

/** Validates a {@link SamplerConfig}. */
export const samplerConfig = refine(
  object({
    type: literal('always-on', 'always-off', 'ratio'),
    ratio,
    parentBased: boolean,
    rules: arrayOf(rule),
    exclude: arrayOf(pattern),
    include: arrayOf(pattern),
    maxSpansPerSecond: rate,
  } satisfies Record<keyof SamplerConfig, Check>),
  (value, path) => {
    if (!isObject(value) || Reflect.get(value, 'type') !== 'ratio') return;
    required(ratio).assert(Reflect.get(value, 'ratio'), join(path, 'ratio'));
  },
);
