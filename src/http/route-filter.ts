import { compileWildcard, isWildcard, stateless, type NameFilter } from '../context/name-patterns.js';

/** Tests whether a request is traced. @param route - the route template, or the path if no route matched */
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
    const expression = stateless(pattern);
    return (_method, route) => expression.test(route);
  }
  const [, verb, path] = /^(?:([A-Z]+)\s+)?(.*)$/s.exec(pattern) ?? [];
  const matchesPath = compilePath(withSlash(path ?? ''));
  return (method, route) => (verb === undefined || verb === method) && matchesPath(route);
}

function withSlash(path: string): string {
  return path.startsWith('/') || path.startsWith('*') ? path : `/${path}`;
}

/** Compiles a path; `/a` also matches `/a/`, and `/a/*` also `/a`. */
function compilePath(path: string): NameFilter {
  if (!isWildcard(path)) return (route) => route === path || route === `${path}/`;
  const matches = compileWildcard(path);
  if (!path.endsWith('/*')) return matches;
  const matchesItself = compileWildcard(path.slice(0, -2));
  return (route) => matches(route) || matchesItself(route);
}
