import { Socket } from 'node:net';
import type { Attributes } from '@opentelemetry/api';
import type { FixedAttributes } from '../pipeline/encoding/fixed-attributes.js';
import {
  forwardedRequest,
  NOT_FORWARDED,
  type ForwardedRequest,
  type FrameworkRequest,
} from './framework-request.js';
import { methodName } from './http-method.js';
import type { RawRequest } from './http-options.js';
import type { CompiledHttpOptions } from './instance-view.js';
import { propertyOf } from './property-of.js';
import { isLongPoll, splitTarget, targetOf } from './request-url.js';
import type { RouteMatch } from './route-match.js';
import {
  requestAttributes,
  routeAttributes,
  type Addressed,
  type DescribedRequest,
} from './server-attributes.js';

/** A request as it was received, read before a framework changes it, and the route that it reached. */
export class RequestDescription implements DescribedRequest {
  readonly headers: RawRequest['headers'];
  readonly httpVersion: string;
  readonly scheme: string;
  /** The peer's address, read early, since a closed socket loses it. */
  readonly peer: string | undefined;
  /** Whether the request comes from a serverless adapter, whose response never closes. */
  readonly serverless: boolean;
  /**
   * Whether the response calls `write` inside of `end`, as responses of HTTP/2 and of Fastify's `inject()`
   * do, which have no socket.
   */
  readonly endsThroughWrite: boolean;
  /** The path and query. */
  readonly target: string;
  /** The method that the route saw, which middleware may override. */
  method: string;
  match: RouteMatch | undefined;
  private forwarded: ForwardedRequest | undefined;
  private framework: FrameworkRequest | undefined;

  constructor(private readonly request: RawRequest) {
    const { headers, socket, httpVersion } = request;
    this.headers = headers;
    this.httpVersion = httpVersion === '2.0' ? '2' : httpVersion;
    const scheme = headers[':scheme'];
    const encrypted = (socket as { encrypted?: boolean }).encrypted === true;
    // HTTP/1 has no such header.
    this.scheme = typeof scheme === 'string' ? scheme : encrypted ? 'https' : 'http';
    this.peer = socket.remoteAddress;
    const isHttp2 = request.httpVersionMajor >= 2;
    this.serverless = !isHttp2 && !(socket instanceof Socket);
    this.endsThroughWrite = isHttp2 || this.serverless;
    this.target = targetOf(request);
    this.method = request.method ?? 'GET';
  }

  /** Called when the request has reached its route, or will reach none. */
  arrived(match: RouteMatch, framework: FrameworkRequest): void {
    this.match = match;
    this.framework = framework;
    this.method = (propertyOf(this.request, 'method') as string | undefined) ?? 'GET';
  }

  /** Reads proxy headers early, since the connection may be closed when a span asks for them. */
  readForwarded(): ForwardedRequest {
    if (this.framework === undefined) return NOT_FORWARDED;
    return (this.forwarded ??= forwardedRequest(this.headers, this.framework));
  }

  get spanName(): string {
    return this.match?.spanName(this.method) ?? methodName(this.method);
  }

  /** Returns all attributes of a server span at its start. */
  attributes(http: CompiledHttpOptions): Attributes {
    return { ...routeAttributes(this.addressed, this.match), ...this.ownAttributes(http) };
  }

  /**
   * Returns the attributes that similar requests of the route share; `undefined` if they are not cached.
   * @param said - attributes from baggage, over which the request's own win
   */
  fixedAttributes(said: Attributes | undefined): FixedAttributes | undefined {
    const fixed = this.match?.fixedAttributes(this.addressed);
    return said !== undefined && fixed?.hasAnyOf(said) === true ? undefined : fixed;
  }

  /** Returns the attributes that similar requests do not share. */
  ownAttributes(http: CompiledHttpOptions): Attributes {
    return requestAttributes(this, this.readForwarded(), http.redact);
  }

  private get addressed(): Addressed {
    const { method, httpVersion, headers } = this;
    const forwarded = this.readForwarded();
    const host = forwarded.host ?? (headers[':authority'] as string | undefined) ?? headers.host;
    return { method, scheme: forwarded.scheme ?? this.scheme, httpVersion, host };
  }

  /** Whether the options trace the request. */
  isCoveredBy(http: CompiledHttpOptions): boolean {
    const route = this.match?.route;
    if (route === undefined && http.include === undefined && isLongPoll(this.target)) return false;
    return http.covers(this.method, route ?? splitTarget(this.target).path);
  }

  /** Whether the options may trace the request, by its path alone. */
  isAdmittedBy(http: CompiledHttpOptions): boolean {
    return http.admits(this.method, splitTarget(this.target).path);
  }
}
