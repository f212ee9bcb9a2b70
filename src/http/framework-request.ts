import { mountTemplate } from './mount-template.js';
import { propertyOf } from './property-of.js';

/**
 * The framework's request as far as it tells where a request came from and went: Express has
 * `route`, Fastify `routeOptions`.
 */
export interface FrameworkRequest {
  /** The part of the path that Express has matched so far, as the client wrote it. */
  readonly baseUrl?: unknown;
  /** The app of Express that serves the request. */
  readonly app?: unknown;
  readonly route?: { readonly path?: unknown; readonly stack?: unknown };
  readonly routeOptions?: { readonly url?: unknown };
  /** The next three follow what trusted proxies say. */
  readonly ip?: string;
  readonly protocol?: string;
  readonly host?: string;
}

/** How the client addressed the app, where a proxy between them changed it. */
export interface ForwardedRequest {
  readonly clientAddress: string | undefined;
  readonly scheme: string | undefined;
  /** The host with its port, if there was one. */
  readonly host: string | undefined;
}

const FORWARDED_BY = ['x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-host'];

export const NOT_FORWARDED: ForwardedRequest = {
  clientAddress: undefined,
  scheme: undefined,
  host: undefined,
};

/** Reads what proxies say through the framework, which knows the ones to be trusted. */
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
    // The app's own rule about proxies failed.
    return NOT_FORWARDED;
  }
}

/**
 * Template of the route that the framework chose for a handler, with the path below which
 * the app itself is mounted.
 */
export function routeOf(request: FrameworkRequest): string | undefined {
  const path = matchedPath(request);
  return path === undefined ? undefined : (mountTemplate(request) ?? '') + path;
}

/**
 * Paths of endpoints that are middleware to the framework, by the path in lower case:
 * Express compares without case.
 */
export type MountedEndpoints = ReadonlyMap<string, string>;

/**
 * Template of the route where Nest reached no handler: a route that was added to the framework itself, an
 * endpoint that is not a route, or a request whose body could not be read. Catch-all routes serve 404s and
 * preflights, so they count as none.
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

/** Middleware may call anything `route`; Express's own has handlers. */
function matchedPath(request: FrameworkRequest): string | undefined {
  const route = propertyOf(request, 'route') as FrameworkRequest['route'];
  const path = Array.isArray(route?.stack) ? route.path : request.routeOptions?.url;
  return typeof path === 'string' ? path : undefined;
}
