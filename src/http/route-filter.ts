/** Whether a request is traced. @param route - the route template, or the path where no route matched */
export type RouteFilter = (method: string, route: string) => boolean;

type Matcher = (method: string, route: string) => boolean;

/** Compiles include and exclude lists; exclusion wins. */
export function compileRouteFilter(
  include: readonly (string | RegExp)[] | undefined,
  exclude: readonly (string | RegExp)[] | undefined,
): RouteFilter {
  const included = include?.map(compile);
  const excluded = exclude?.map(compile);
  if (included === undefined && (excluded === undefined || excluded.length === 0)) return () => true;
  return (method, route) =>
    (included === undefined || included.some((matches) => matches(method, route))) &&
    excluded?.some((matches) => matches(method, route)) !== true;
}

function compile(pattern: string | RegExp): Matcher {
  if (pattern instanceof RegExp) {
    // Without the flags that make `test` remember its last position.
    const stateless = new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, ''));
    return (_method, route) => stateless.test(route);
  }
  const [, verb, path] = /^(?:([A-Z]+)\s+)?(.*)$/s.exec(pattern) ?? [];
  const target = withSlash(path ?? '');
  const matchesPath = target.includes('*')
    ? wildcard(target)
    : (route: string) => route === target || route === `${target}/`;
  return (method, route) => (verb === undefined || verb === method) && matchesPath(route);
}

function withSlash(path: string): string {
  return path.startsWith('/') || path.startsWith('*') ? path : `/${path}`;
}

/** `*` stands for anything; `/a/*` also matches `/a` itself. */
function wildcard(pattern: string): (route: string) => boolean {
  const source = pattern
    .split('*')
    .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    .join('.*')
    .replace(/\/\.\*$/, '(?:/.*)?');
  const expression = new RegExp(`^${source}$`);
  return (route) => expression.test(route);
}
