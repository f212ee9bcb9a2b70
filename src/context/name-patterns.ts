/** Tests whether a name is selected. */
export type NameFilter = (name: string) => boolean;

/**
 * Compiles a text in which each `*` matches any characters.
 *
 * The time grows linearly with the tested text, however many `*` there are: each part is searched once,
 * behind the part before it. This matters because clients choose the text.
 */
export function compileWildcard(pattern: string): NameFilter {
  const parts = pattern.split('*');
  const first = parts[0] ?? '';
  if (parts.length === 1) return (text) => text === pattern;
  const last = parts.at(-1) ?? '';
  if (parts.length === 2 && last === '') return (text) => text.startsWith(first);
  const middle = parts.slice(1, -1).filter((part) => part !== '');
  return (text) => {
    const end = text.length - last.length;
    if (end < first.length || !text.startsWith(first) || !text.endsWith(last)) return false;
    let at = first.length;
    for (const part of middle) {
      const found = text.indexOf(part, at);
      if (found === -1) return false;
      at = found + part.length;
    }
    return at <= end;
  };
}

/** Whether a pattern selects more than its own text. */
export function isWildcard(pattern: string): boolean {
  return pattern.includes('*');
}

/**
 * Compiles names into one test: exact names (`user.id`), or patterns with `*` for any characters (`app.*`).
 *
 * @returns a filter, or nothing for an empty list
 */
export function compileNames(patterns: readonly string[]): NameFilter | undefined {
  if (patterns.length === 0) return undefined;
  const exact = new Set(patterns.filter((pattern) => !isWildcard(pattern)));
  const wildcards = patterns.filter(isWildcard).map(compileWildcard);
  if (wildcards.length === 0) return (name) => exact.has(name);
  return (name) => exact.has(name) || wildcards.some((matches) => matches(name));
}

/** Tests whether a value is a selected text. */
export type TextFilter = (text: unknown) => boolean;

/** Lists of names and regular expressions that select texts. */
interface Selection {
  /** The selected texts; default: all. */
  readonly include?: readonly (string | RegExp)[] | undefined;
  /** The texts that are not selected, even if they are included; default: none. */
  readonly exclude?: readonly (string | RegExp)[] | undefined;
}

/** Compiles two lists into one test; exclusion wins. */
export function compileSelection({ include, exclude = [] }: Selection): TextFilter {
  const includes = include && compilePatterns(include);
  const excludes = compilePatterns(exclude);
  return (text) => includes?.(text) !== false && !excludes(text);
}

/**
 * Compiles names and regular expressions into one stateless test; an expression may match anywhere.
 *
 * @returns a test that refuses anything but a text
 */
export function compilePatterns(patterns: readonly (string | RegExp)[]): TextFilter {
  const named = compileNames(patterns.filter((pattern) => typeof pattern === 'string'));
  const expressions = patterns.filter((pattern) => pattern instanceof RegExp).map(stateless);
  return (text) =>
    typeof text === 'string' &&
    (named?.(text) === true || expressions.some((expression) => expression.test(text)));
}

/** Removes the flags that make a regular expression remember its last match. */
export function stateless(expression: RegExp): RegExp {
  return new RegExp(expression.source, expression.flags.replace(/[gy]/g, ''));
}
