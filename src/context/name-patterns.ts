/** Whether a name is selected. */
export type NameFilter = (name: string) => boolean;

/**
 * Compiles a list of names: exact (`user.id`), or with `*` at the end for any name that begins so (`app.*`).
 *
 * @returns a filter, or nothing for an empty list
 */
export function compileNames(patterns: readonly string[]): NameFilter | undefined {
  if (patterns.length === 0) return undefined;
  const exact = new Set(patterns.filter((pattern) => !pattern.endsWith('*')));
  const prefixes = patterns.filter((pattern) => pattern.endsWith('*')).map((pattern) => pattern.slice(0, -1));
  if (prefixes.length === 0) return (name) => exact.has(name);
  return (name) => exact.has(name) || prefixes.some((prefix) => name.startsWith(prefix));
}
