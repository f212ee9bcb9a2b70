import type { NamePattern } from '../../config/sampler-config.js';

/** Whether a text is one of those meant; absent texts never are. */
export type NameMatcher = (text: unknown) => boolean;

const SPECIAL = /[.*+?^${}()|[\]\\]/g;

/**
 * Compiles patterns into one test that keeps no state between calls.
 *
 * @param patterns - a text matches as a whole, `*` in it stands for any characters; a regular expression matches anywhere
 */
export function compilePatterns(patterns: readonly NamePattern[]): NameMatcher {
  const names = new Set(patterns.filter((pattern) => typeof pattern === 'string' && !pattern.includes('*')));
  const expressions = patterns.filter((pattern) => !names.has(pattern)).map(toExpression);
  return (text) =>
    typeof text === 'string' && (names.has(text) || expressions.some((expression) => expression.test(text)));
}

/** The same expression without the flags that make `test` remember where it was. */
export function stateless(expression: RegExp): RegExp {
  return new RegExp(expression.source, expression.flags.replace(/[gy]/g, ''));
}

function toExpression(pattern: NamePattern): RegExp {
  if (pattern instanceof RegExp) return stateless(pattern);
  return new RegExp(
    `^${pattern
      .split('*')
      .map((part) => part.replace(SPECIAL, '\\$&'))
      .join('.*')}$`,
    's',
  );
}
