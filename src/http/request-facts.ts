import { Socket } from 'node:net';
import type { RawRequest } from './http-options.js';
import { targetOf } from './request-url.js';

/** What a request says of itself when it comes in: read at once, before a framework makes it another's. */
export class RequestFacts {
  readonly method: string;
  readonly headers: RawRequest['headers'];
  /** Path and query. */
  readonly target: string;
  readonly httpVersion: string;
  readonly scheme: string;
  /** A socket forgets it when it closes. */
  readonly peer: string | undefined;
  /** Whether no server of Node's has made the request: its response is never closed. */
  readonly serverless: boolean;

  constructor(request: RawRequest) {
    const { headers, socket, httpVersion } = request;
    this.method = request.method ?? 'GET';
    this.headers = headers;
    this.target = targetOf(request);
    this.httpVersion = httpVersion === '2.0' ? '2' : httpVersion;
    const scheme = headers[':scheme'];
    // HTTP/1 has no such header.
    const encrypted = (socket as { encrypted?: boolean }).encrypted === true;
    this.scheme = typeof scheme === 'string' ? scheme : encrypted ? 'https' : 'http';
    this.peer = socket.remoteAddress;
    this.serverless = request.httpVersionMajor < 2 && !(socket instanceof Socket);
  }
}

/**
 * Reads a property of a framework's request or response.
 *
 * Express gives both another prototype, after which V8 before version 12 (Node 20) has a hidden class for each
 * request alone: a name that stands in the code misses its cache each time, which costs ten times this.
 */
export function propertyOf(thing: object, name: string): unknown {
  return (thing as Record<string, unknown>)[name];
}
