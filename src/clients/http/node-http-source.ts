import { errorMonitor } from 'node:events';
import http, { type ClientRequest, type IncomingMessage } from 'node:http';
import https from 'node:https';
import { syncBuiltinESMExports } from 'node:module';
import { guard, isPublished, subscribeAll, together } from '../channel.js';
import type { ClientSource } from '../client-source.js';
import { Patches, type AnyFunction } from '../patches.js';
import { beginRequest, type OutgoingRequest } from './http-call.js';
import { outgoingUrl } from './outgoing-url.js';

const CREATED = 'http.client.request.created';

const requests = new WeakMap<ClientRequest, OutgoingRequest>();

/** The source for `node:http` and `node:https`, and for libraries that use them: axios, got. */
export const NODE_HTTP: ClientSource & { readonly library: 'http' } = {
  name: 'node:http',
  library: 'http',
  start: () => {
    const isPublished = publishesRequests();
    const stop = subscribeAll('node:http', {
      ...(isPublished && {
        [CREATED]: (message: object): void => {
          begin((message as { request: ClientRequest }).request);
        },
      }),
      'http.client.response.finish': (message) => {
        const { request, response } = message as { request: ClientRequest; response: IncomingMessage };
        answered(request, response);
      },
    });
    return isPublished ? stop : together([wrapFunctions(), stop]);
  },
};

/**
 * Wraps `request` and `get`: Node before version 22.12 publishes a request only after its headers were
 * sent.
 */
function wrapFunctions(): () => void {
  const patches = new Patches();
  const observe = (original: AnyFunction): AnyFunction =>
    function (...args) {
      const request = original.apply(this, args) as ClientRequest;
      guard('node:http', () => {
        begin(request);
      });
      return request;
    };
  // `get` ends its request, which sends the headers.
  const observeGet = (request: AnyFunction) => (): AnyFunction =>
    function (...args) {
      const made = request.apply(this, args) as ClientRequest;
      made.end();
      return made;
    };
  for (const module of [http, https]) {
    patches.wrap(module, 'request', observe);
    patches.wrap(module, 'get', observeGet(module.request as AnyFunction));
  }
  syncBuiltinESMExports();
  return () => {
    patches.restore();
    syncBuiltinESMExports();
  };
}

let asking = false;
let answer: boolean | undefined;

/** Whether this runtime publishes requests before they are sent. */
function publishesRequests(): boolean {
  answer ??= nodePublishesRequests() ?? askForRequests();
  return answer;
}

/**
 * Returns the answer for known releases of Node. Other runtimes also report a Node version, so they are
 * tested.
 */
function nodePublishesRequests(): boolean | undefined {
  const { node, bun, deno } = process.versions;
  if (bun !== undefined || deno !== undefined) return undefined;
  const major = Number.parseInt(node, 10);
  return major === 22 || major === 23 ? undefined : major > 23;
}

/**
 * Tests with a request that is never sent, which takes a millisecond. It runs in a context that does not
 * suppress tracing: on Node 20, promises are slower after such a context has existed.
 */
function askForRequests(): boolean {
  asking = true;
  const published = isPublished(CREATED, () => {
    const agent = Object.assign(new http.Agent(), { addRequest: () => undefined });
    http.request({ host: 'localhost', agent }).destroy();
  });
  asking = false;
  return published;
}

function begin(request: ClientRequest): void {
  if (asking || requests.has(request)) return;
  const begun = beginRequest(NODE_HTTP, request.method, outgoingUrl(originOf(request), request.path), {
    has: (name) => request.hasHeader(name) || writtenHeader(request, name) !== undefined,
    add: (name, value) => {
      addHeader(request, name, value);
    },
  });
  if (begun === undefined) return;
  requests.set(request, begun);
  // A listener for `error` would hide unhandled errors.
  request.once(errorMonitor, (error) => {
    begun.fail(error);
  });
  request.once('close', () => {
    const { res } = request as { res?: IncomingMessage | null };
    if (res === undefined || res === null) begun.end();
    // An upgrade, which no response channel reports.
    else if (res.statusCode === 101) {
      answered(request, res);
      begun.end();
    }
  });
}

function answered(request: ClientRequest, response: IncomingMessage): void {
  const begun = requests.get(request);
  if (begun === undefined) return;
  begun.answered({
    status: response.statusCode ?? 0,
    protocolVersion: response.httpVersion,
    header: (name) => response.headers[name],
  });
  response.once('end', () => {
    begun.end();
  });
  response.once('close', () => {
    if (response.complete) begun.end();
    else begun.fail({ code: 'ECONNRESET' });
  });
}

/** The text that Node makes of a list of headers at once, before it is sent. */
interface WrittenHeaders {
  _header?: string | null;
  readonly _headerSent?: boolean;
}

function writtenHeader(request: ClientRequest & WrittenHeaders, name: string): string | undefined {
  return new RegExp(`\r\n${name}: ([^\r]*)\r\n`, 'i').exec(request._header ?? '')?.[1];
}

function addHeader(request: ClientRequest & WrittenHeaders, name: string, value: string): void {
  if (!request.headersSent) request.setHeader(name, value);
  else if (request._headerSent !== true && typeof request._header === 'string')
    request._header = `${request._header.slice(0, -2)}${name}: ${value}\r\n\r\n`;
}

/**
 * Returns the origin of a request. Only the `Host` header that Node writes shows the port; one that the app
 * wrote may name another address.
 */
function originOf(request: ClientRequest): string {
  const { host, protocol } = request;
  const name = host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
  const named = request.getHeader('host') ?? writtenHeader(request, 'host');
  return `${protocol}//${typeof named === 'string' && named.startsWith(`${name}:`) ? named : name}`;
}
