import type { Attributes } from '@opentelemetry/api';
import type { ForwardedRequest } from './framework-request.js';
import type { QueryRedaction } from '../pipeline/masking/query-redaction.js';
import { isKnownMethod } from './http-method.js';
import { parseHost, splitTarget } from './request-url.js';
import type { RawRequest } from './http-options.js';

/** The facts about a request that its server span shows. */
export interface DescribedRequest {
  readonly headers: RawRequest['headers'];
  readonly peer: string | undefined;
  /** The path and query. */
  readonly target: string;
  readonly method: string;
}

/** The address of a request, equal for many requests of a route. */
export interface Addressed {
  readonly method: string;
  readonly scheme: string;
  readonly httpVersion: string;
  /** The host with its port, if it has one. */
  readonly host: string | undefined;
}

/** The names of a route and its handler. */
export interface NamedRoute {
  readonly route: string | undefined;
  readonly functionName?: string | undefined;
  readonly moduleName?: string | undefined;
}

/**
 * Returns the attributes that a server span shares with others of the same route.
 *
 * @see {@link https://opentelemetry.io/docs/specs/semconv/http/http-spans/#http-server-span | HTTP server
 *   span}
 */
export function routeAttributes(to: Addressed, match: NamedRoute | undefined): Attributes {
  const attributes: Attributes = {
    'http.request.method': isKnownMethod(to.method) ? to.method : '_OTHER',
    'url.scheme': to.scheme,
    'network.protocol.version': to.httpVersion,
  };
  const host = parseHost(to.host);
  if (host !== undefined) {
    attributes['server.address'] = host.address;
    if (host.port !== undefined) attributes['server.port'] = host.port;
  }
  if (match !== undefined) {
    if (match.route !== undefined) attributes['http.route'] = match.route;
    if (match.functionName !== undefined) attributes['code.function.name'] = match.functionName;
    if (match.moduleName !== undefined) attributes['nestjs.module'] = match.moduleName;
  }
  return attributes;
}

/** Returns the attributes of a server span at its start that differ between requests of a route. */
export function requestAttributes(
  request: DescribedRequest,
  forwarded: ForwardedRequest,
  redact: QueryRedaction,
): Attributes {
  const { method } = request;
  const { path, query } = splitTarget(request.target);
  const attributes: Attributes = { 'url.path': path };
  if (!isKnownMethod(method)) attributes['http.request.method_original'] = method;
  if (query !== '') attributes['url.query'] = redact(query);
  const client = forwarded.clientAddress ?? request.peer;
  if (client !== undefined) {
    attributes['client.address'] = client.startsWith('::ffff:') ? client.slice(7) : client;
  }
  const userAgent = request.headers['user-agent'];
  if (userAgent !== undefined) attributes['user_agent.original'] = userAgent;
  return attributes;
}
