/** Hides the values of parameters that give access. */
export function compileRedaction(more: readonly string[]): (query: string) => string {
  const names = new Set(more.map((name) => name.toLowerCase()));
  return (query) =>
    query
      .split('&')
      .map((pair) => {
        const equals = pair.indexOf('=');
        return equals > 0 && names.has(pair.slice(0, equals).toLowerCase()) ? `${pair.slice(0, equals)}=REDACTED` : pair;
      })
      .join('&');
}
