import { SpanKind, type Attributes } from '@opentelemetry/api';
import type { SamplerConfig, SamplingRule } from '../../config/sampler-config.js';
import { compilePatterns } from '../../context/name-patterns.js';

/** A compiled sampling rule. */
export interface CompiledRule {
  readonly ratio: number;
  matches(name: string, kind: SpanKind, attributes: Attributes): boolean;
}

type Condition = (name: string, kind: SpanKind, attributes: Attributes) => boolean;
type ValueMatcher = (value: unknown) => boolean;

/** Whether a rule depends on the attributes that a span starts with. */
export function rulesNeedAttributes({ rules = [] }: SamplerConfig): boolean {
  return rules.some(({ route, attributes }) => route !== undefined || attributes !== undefined);
}

export function compileRules({ rules = [] }: SamplerConfig): readonly CompiledRule[] {
  return rules.map((rule) => {
    const conditions = conditionsOf(rule);
    return {
      ratio: rule.ratio,
      matches: (name, kind, attributes) => conditions.every((condition) => condition(name, kind, attributes)),
    };
  });
}

function conditionsOf({ name, kind, route, attributes }: SamplingRule): Condition[] {
  const conditions: Condition[] = [];
  if (name !== undefined) {
    const matches = compilePatterns([name]);
    conditions.push((given) => matches(given));
  }
  if (kind !== undefined) {
    const wanted = SpanKind[kind.toUpperCase() as keyof typeof SpanKind];
    conditions.push((_name, given) => given === wanted);
  }
  if (route !== undefined) conditions.push(attributeCondition('http.route', compilePatterns([route])));
  for (const [key, wanted] of Object.entries(attributes ?? {})) {
    conditions.push(attributeCondition(key, valueMatcher(wanted)));
  }
  return conditions;
}

function attributeCondition(key: string, matches: ValueMatcher): Condition {
  return (_name, _kind, attributes) => matches(attributes[key]);
}

function valueMatcher(wanted: NonNullable<SamplingRule['attributes']>[string]): ValueMatcher {
  if (wanted instanceof RegExp) return compilePatterns([wanted]);
  if (!Array.isArray(wanted)) return (value) => value === wanted;
  const text = JSON.stringify(wanted);
  return (value) => Array.isArray(value) && JSON.stringify(value) === text;
}
