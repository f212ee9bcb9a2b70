import { compileRouteFilter } from './route-filter.js';

/** A route, as the framework stores it: the method in capitals, `ALL` for any, and the template. */
export interface RegisteredRoute {
  readonly method: string;
  readonly path: string;
}

/** The prefixes that an app adds to the paths of its controllers. */
export interface RoutePrefixes {
  /** The global prefix, such as `api`; empty for none. */
  readonly global: string;
  /** The prefix of a version in a path, such as `v`; absent if paths have no versions. */
  readonly version: string | undefined;
}

/** The most correct patterns that the warning suggests. */
const MAX_REMEDIES = 3;

/**
 * Returns the correct patterns for a user's pattern that matches no route because it lacks a global prefix
 * or a version. The result is empty if the pattern matches a route, or would not match even with prefixes.
 */
export function patternsThatWork(
  pattern: string,
  routes: readonly RegisteredRoute[],
  prefixes: RoutePrefixes,
): string[] {
  const matches = compileRouteFilter([pattern], undefined);
  const [, verb = '', path = ''] = /^([A-Z]+\s+)?(.*)$/s.exec(pattern) ?? [];
  const method = verb.trimEnd();
  const works = ({ method: own, path: route }: RegisteredRoute, shown = route): boolean =>
    matches(method !== '' && (own === 'ALL' || own === method) ? method : own, shown);
  if (path.startsWith('*') || routes.some((route) => works(route))) return [];
  const remedies = new Set<string>();
  for (const route of routes) {
    for (const prefix of prefixesOf(route.path, prefixes)) {
      if (!works(route, route.path.slice(prefix.length) || '/')) continue;
      remedies.add(`${verb}${prefix}${path.startsWith('/') ? path : `/${path}`}`);
    }
  }
  return [...remedies].slice(0, MAX_REMEDIES);
}

/** Returns the prefixes that may be missing in a route's pattern: the global one, the version, or both. */
function prefixesOf(path: string, { global, version }: RoutePrefixes): string[] {
  const bare = global.replace(/^\/|\/$/g, '');
  const found: string[] = [];
  let prefix = '';
  if (bare !== '' && (path === `/${bare}` || path.startsWith(`/${bare}/`))) {
    prefix = `/${bare}`;
    found.push(prefix);
  }
  if (version === undefined) return found;
  const [, segment = ''] = path.slice(prefix.length).split('/');
  if (segment !== '' && segment.startsWith(version)) found.push(`${prefix}/${segment}`);
  return found;
}
