import type { Attributes } from '@opentelemetry/api';
import type { ForwardedRequest } from './framework-request.js';
import type { QueryRedaction } from '../pipeline/masking/query-redaction.js';
import { parseHost, splitTarget } from './request-url.js';
import type { RawRequest } from './http-options.js';
import type { RouteMatch } from './route-match.js';
import { isKnownMethod } from './http-method.js';

/** The facts about a request that its server span shows. */
export interface DescribedRequest {
  readonly headers: RawRequest['headers'];
  readonly httpVersion: string;
  readonly scheme: string;
  readonly peer: string | undefined;
  /** The path and query. */
  readonly target: string;
  readonly method: string;
  readonly match: RouteMatch | undefined;
}

/**
 * Returns the attributes of a server span at its start.
 *
 * @see {@link https://opentelemetry.io/docs/specs/semconv/http/http-spans/#http-server-span | HTTP server
 *   span}
 */
export function serverAttributes(
  request: DescribedRequest,
  forwarded: ForwardedRequest,
  redact: QueryRedaction,
): Attributes {
  const { headers, method, match } = request;
  const known = isKnownMethod(method);
  const { path, query } = splitTarget(request.target);
  const attributes: Attributes = {
    'http.request.method': known ? method : '_OTHER',
    'url.path': path,
    'url.scheme': forwarded.scheme ?? request.scheme,
    'network.protocol.version': request.httpVersion,
  };
  if (!known) attributes['http.request.method_original'] = method;
  if (query !== '') attributes['url.query'] = redact(query);
  const host = parseHost(forwarded.host ?? (headers[':authority'] as string | undefined) ?? headers.host);
  if (host !== undefined) {
    attributes['server.address'] = host.address;
    if (host.port !== undefined) attributes['server.port'] = host.port;
  }
  const client = forwarded.clientAddress ?? request.peer;
  if (client !== undefined) {
    attributes['client.address'] = client.startsWith('::ffff:') ? client.slice(7) : client;
  }
  const userAgent = headers['user-agent'];
  if (userAgent !== undefined) attributes['user_agent.original'] = userAgent;
  if (match !== undefined) {
    if (match.route !== undefined) attributes['http.route'] = match.route;
    if (match.functionName !== undefined) attributes['code.function.name'] = match.functionName;
    if (match.moduleName !== undefined) attributes['nestjs.module'] = match.moduleName;
  }
  return attributes;
}
