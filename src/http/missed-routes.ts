import { compileRouteFilter } from './route-filter.js';

/** A route as the framework has it: method in capitals, `ALL` for any, and template. */
export interface RegisteredRoute {
  readonly method: string;
  readonly path: string;
}

/** The prefixes that an app puts before the paths of its controllers. */
export interface RoutePrefixes {
  /** Such as `api`; empty for none. */
  readonly global: string;
  /** How the segment of a version begins, such as `v`; absent where versions are in no path. */
  readonly version: string | undefined;
}

/** Most ways to write a pattern that the warning names. */
const MAX_REMEDIES = 3;

/**
 * The patterns that a user wrote in place of one that selects no route, since a global prefix or a version is
 * missing in it; none if it selects a route, or would not with those either.
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

/** Prefixes that may be missing at the beginning of a route: the global one, the version, or both. */
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
