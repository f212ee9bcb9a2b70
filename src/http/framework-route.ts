/** The framework's request as far as it tells where a request went: Express has `route`, Fastify `routeOptions`. */
export interface FrameworkRequest {
  readonly baseUrl?: unknown;
  readonly route?: { readonly path?: unknown };
  readonly routeOptions?: { readonly url?: unknown };
}

/** Template of the route that the framework chose for a handler. */
export function routeOf(request: FrameworkRequest): string | undefined {
  const path = request.route?.path ?? request.routeOptions?.url;
  return typeof path === 'string' ? path : undefined;
}

/**
 * The same where Nest reached no handler: a route that was added to the framework itself, or one whose body could not be read.
 * Catch-all routes serve 404s and preflights, so they count as none.
 */
export function routeWithoutHandler(request: FrameworkRequest): string | undefined {
  const route = routeOf(request);
  if (route === undefined || route.includes('*')) return undefined;
  const { baseUrl } = request;
  return typeof baseUrl === 'string' ? baseUrl + route : route;
}
