import { asWritten, type Method } from './method-wrapper.js';

const known = new WeakMap<Method, readonly (string | undefined)[]>();

/** Comments and strings as a whole, else one character. */
const TOKENS = /\/\*[^]*?\*\/|\/\/.*|'(?:[^'\\]|\\[^])*'|"(?:[^"\\]|\\[^])*"|`(?:[^`\\]|\\[^])*`|[^]/g;
const COMMENT = /^\/[/*]/;

/**
 * Names arguments as the method's source does, so that a `password` is known as one
 * when arguments are recorded.
 *
 * @returns an object by parameter names; positions stand for patterns, rest parameters and
 *   what is beyond the last name
 */
export function namedArguments(method: Method, args: readonly unknown[]): Record<string, unknown> {
  const names = parameterNames(method);
  const named: Record<string, unknown> = {};
  args.forEach((value, index) => {
    if (value !== undefined) named[names[index] ?? String(index)] = value;
  });
  return named;
}

/** The names of a method's parameters, as far as they have any. */
export function parameterNames(method: Method): readonly (string | undefined)[] {
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

/**
 * Splits what stands between the parentheses after the method's name, at commas that
 * are not inside something.
 */
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
