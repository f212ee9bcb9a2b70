import type { ApplicationConfig, ModulesContainer } from '@nestjs/core';
import type { MountedEndpoints } from '../../http/framework-request.js';

/** The token under which `@nestjs/graphql` keeps the options of each of its modules. */
const GRAPHQL_OPTIONS = 'GqlModuleOptions';

/** The options that decide where an endpoint is, if they are what they should be. */
interface GraphqlOptions {
  readonly path?: unknown;
  readonly useGlobalPrefix?: unknown;
}

/**
 * Paths of the app's GraphQL endpoints: on Express they are mounted as middleware, and no route names them.
 */
export function graphqlEndpoints(modules: ModulesContainer, config: ApplicationConfig): MountedEndpoints {
  const endpoints = new Map<string, string>();
  for (const module of modules.values()) {
    const options = module.providers.get(GRAPHQL_OPTIONS)?.instance as GraphqlOptions | null | undefined;
    const { path = 'graphql', useGlobalPrefix } = options ?? { path: '' };
    if (typeof path !== 'string') continue;
    const parts = useGlobalPrefix === true ? [config.getGlobalPrefix(), path] : [path];
    const endpoint = parts.map(segment).join('');
    if (endpoint !== '') endpoints.set(endpoint.toLowerCase(), endpoint);
  }
  return endpoints;
}

/** `/path`, whichever slashes it was given with. */
function segment(path: string): string {
  const bare = path.replace(/^\/|\/$/g, '');
  return bare === '' ? '' : `/${bare}`;
}
