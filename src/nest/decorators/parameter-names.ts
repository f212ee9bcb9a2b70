import type { Method } from './method-wrapper.js';

const known = new WeakMap<Method, readonly (string | undefined)[]>();

/**
 * Names arguments as the method's source does, so that a `password` is known as one when arguments are recorded.
 *
 * @returns an object by parameter names; positions stand for patterns, rest parameters and what is beyond the last name
 */
export function namedArguments(method: Method, args: readonly unknown[]): Record<string, unknown> {
  const names = known.get(method) ?? parameterNames(method);
  known.set(method, names);
  const named: Record<string, unknown> = {};
  args.forEach((value, index) => {
    if (value !== undefined) named[names[index] ?? String(index)] = value;
  });
  return named;
}

function parameterNames(method: Method): readonly (string | undefined)[] {
  const source = Function.prototype.toString.call(method);
  const list = parameterList(source);
  return list.map((parameter) => /^\s*([\p{ID_Start}$_][\p{ID_Continue}$]*)\s*(?:=|$)/u.exec(parameter)?.[1]);
}

/** Splits what stands between the first parentheses, at commas that are not inside something. */
function parameterList(source: string): string[] {
  const parameters: string[] = [];
  let depth = 0;
  let current = '';
  let quote = '';
  for (const character of source.slice(source.indexOf('(') + 1)) {
    if (quote !== '') {
      if (character === quote) quote = '';
    } else if (`'"\``.includes(character)) {
      quote = character;
    } else if ('([{'.includes(character)) {
      depth += 1;
    } else if (')]}'.includes(character)) {
      if (depth === 0) break;
      depth -= 1;
    } else if (character === ',' && depth === 0) {
      parameters.push(current);
      current = '';
      continue;
    }
    current += character;
  }
  parameters.push(current);
  return parameters;
}
