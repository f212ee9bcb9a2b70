import type { ApplicationConfig, ModulesContainer } from '@nestjs/core';
import type { MountedEndpoints } from '../../http/framework-request.js';

/** The injection token of each `@nestjs/graphql` module's options. */
const GRAPHQL_OPTIONS = 'GqlModuleOptions';

/** The options that decide the path of an endpoint, if they are valid. */
interface GraphqlOptions {
  readonly path?: unknown;
  readonly useGlobalPrefix?: unknown;
}

/**
 * Returns the paths of the app's GraphQL endpoints. On Express they are middleware, so no route names them.
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

/** Returns `/path` without duplicate slashes. */
function segment(path: string): string {
  const bare = path.replace(/^\/|\/$/g, '');
  return bare === '' ? '' : `/${bare}`;
}
