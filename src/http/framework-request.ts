import { mountTemplate } from './mount-template.js';
import { propertyOf } from './property-of.js';

/**
 * The members of a framework's request that describe its origin and route: Express has `route`, Fastify
 * `routeOptions`.
 */
export interface FrameworkRequest {
  /** The part of the path that Express has matched so far, as the client wrote it. */
  readonly baseUrl?: unknown;
  /** The Express app that serves the request. */
  readonly app?: unknown;
  readonly route?: { readonly path?: unknown; readonly stack?: unknown };
  readonly routeOptions?: { readonly url?: unknown };
  /** The client's address; trusted proxies can set it with a header. */
  readonly ip?: string;
  /** The scheme that the client used; trusted proxies can set it with a header. */
  readonly protocol?: string;
  /** The host that the client used; trusted proxies can set it with a header. */
  readonly host?: string;
}

/** The address that the client used, if a proxy changed it. */
export interface ForwardedRequest {
  readonly clientAddress: string | undefined;
  readonly scheme: string | undefined;
  /** The host, with the port if the header has one. */
  readonly host: string | undefined;
}

const FORWARDED_BY = ['x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-host'];

export const NOT_FORWARDED: ForwardedRequest = {
  clientAddress: undefined,
  scheme: undefined,
  host: undefined,
};

/** Reads proxy headers through the framework, which knows the trusted proxies. */
export function forwardedRequest(
  headers: Readonly<Record<string, unknown>>,
  request: FrameworkRequest,
): ForwardedRequest {
  if (!FORWARDED_BY.some((header) => header in headers)) return NOT_FORWARDED;
  try {
    return {
      clientAddress: 'x-forwarded-for' in headers ? request.ip : undefined,
      scheme: 'x-forwarded-proto' in headers ? request.protocol : undefined,
      host: 'x-forwarded-host' in headers ? request.host : undefined,
    };
  } catch {
    // The app's own proxy rule threw.
    return NOT_FORWARDED;
  }
}

/** Returns the route template of a handler, including the path at which the app itself is mounted. */
export function routeOf(request: FrameworkRequest): string | undefined {
  const path = matchedPath(request);
  return path === undefined ? undefined : (mountTemplate(request) ?? '') + path;
}

/** Paths of endpoints that are middleware, by lower-case path, since Express ignores case. */
export type MountedEndpoints = ReadonlyMap<string, string>;

/**
 * Returns the route template of a request that reached no handler of Nest: of a route that was added to the
 * framework itself, of an endpoint that is middleware, or of a request with an unreadable body. Catch-all
 * routes also serve 404s and preflights, so they do not count.
 */
export function routeWithoutHandler(
  request: FrameworkRequest,
  endpoints: MountedEndpoints,
): string | undefined {
  const path = matchedPath(request);
  if (path === undefined) {
    return typeof request.baseUrl === 'string' ? endpoints.get(request.baseUrl.toLowerCase()) : undefined;
  }
  if (path.includes('*')) return undefined;
  const mounted = mountTemplate(request);
  return mounted === undefined ? undefined : mounted + path;
}

/** Returns the path of the matched route. Middleware may set any `route`; Express's own has handlers. */
function matchedPath(request: FrameworkRequest): string | undefined {
  const route = propertyOf(request, 'route') as FrameworkRequest['route'];
  const path = Array.isArray(route?.stack) ? route.path : request.routeOptions?.url;
  return typeof path === 'string' ? path : undefined;
}
