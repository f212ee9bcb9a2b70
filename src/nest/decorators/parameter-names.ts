import type { AnyFunction } from '../../base/any-function.js';
import { asWritten } from './method-wrapper.js';

const known = new WeakMap<AnyFunction, readonly (string | undefined)[]>();

/** Matches a whole comment or string, or one other character. */
const TOKENS = /\/\*[^]*?\*\/|\/\/.*|'(?:[^'\\]|\\[^])*'|"(?:[^"\\]|\\[^])*"|`(?:[^`\\]|\\[^])*`|[^]/g;
const COMMENT = /^\/[/*]/;

/**
 * Names arguments after the method's parameters in its source, so that an argument `password` can be
 * masked.
 *
 * @returns an object by parameter names; destructured, rest and further arguments are named by position
 */
export function namedArguments(method: AnyFunction, args: readonly unknown[]): Record<string, unknown> {
  const names = parameterNames(method);
  const named: Record<string, unknown> = {};
  args.forEach((value, index) => {
    if (value !== undefined) named[names[index] ?? String(index)] = value;
  });
  return named;
}

/** Returns the names of a method's parameters, where they have names. */
export function parameterNames(method: AnyFunction): readonly (string | undefined)[] {
  let names = known.get(method);
  if (names === undefined) {
    const list = parameterList(Function.prototype.toString.call(asWritten(method)));
    names = list.map(
      (parameter) => /^\s*([\p{ID_Start}$_][\p{ID_Continue}$]*)\s*(?:=|$)/u.exec(parameter)?.[1],
    );
    known.set(method, names);
  }
  return names;
}

/** Splits the parameter list in a method's source at its top-level commas. */
function parameterList(source: string): string[] {
  const parameters: string[] = [];
  let depth = 0;
  let isList = false;
  let current = '';
  for (const [token] of source.matchAll(TOKENS)) {
    if (COMMENT.test(token)) continue;
    if (token === '(' && depth === 0) {
      isList = true;
      current = '';
    } else if (token === ',' && depth === 1 && isList) {
      parameters.push(current);
      current = '';
    } else if (token === ')' && depth === 1 && isList) {
      break;
    } else {
      current += token;
    }
    if ('([{'.includes(token)) depth += 1;
    if (')]}'.includes(token)) depth -= 1;
  }
  parameters.push(current);
  return parameters;
}
