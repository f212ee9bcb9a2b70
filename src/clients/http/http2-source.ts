import { errorMonitor } from 'node:events';
import http2, { type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2';
import { syncBuiltinESMExports } from 'node:module';
import { guard } from '../channel.js';
import type { ClientSource } from '../client-source.js';
import { Patches, type AnyFunction } from '../patches.js';
import { beginRequest, type OutgoingRequest } from './http-call.js';
import { outgoingUrl } from './outgoing-url.js';

type Headers = Record<string, unknown>;

/** The addresses of sessions. */
const origins = new WeakMap<object, string>();

/** The source for HTTP/2 client sessions. */
export const HTTP2: ClientSource & { readonly library: 'http' } = {
  name: 'node:http2',
  library: 'http',
  start: () => {
    const patches = new Patches();
    patches.wrap(
      http2,
      'connect',
      (connect) =>
        function (...args) {
          const session = connect.apply(this, args) as ClientHttp2Session;
          guard('node:http2', () => {
            origins.set(session, originOf(args[0]));
            patches.wrap(Object.getPrototypeOf(session) as object, 'request', observed);
          });
          return session;
        },
    );
    syncBuiltinESMExports();
    return () => {
      patches.restore();
      syncBuiltinESMExports();
    };
  },
};

function observed(request: AnyFunction): AnyFunction {
  return function (given, ...rest) {
    const sent = copyOf(given);
    const begun = guard('node:http2', () => begin(this as ClientHttp2Session, sent));
    if (begun === undefined) return request.call(this, given, ...rest);
    let stream: ClientHttp2Stream;
    try {
      stream = request.call(this, sent, ...rest) as ClientHttp2Stream;
    } catch (error) {
      begun.fail(error);
      throw error;
    }
    guard('node:http2', () => {
      follow(stream, begun);
    });
    return stream;
  };
}

/** Returns a copy of the headers, to which more can be added. Node 24 also takes names and values in turn. */
function copyOf(given: unknown): Headers | unknown[] {
  return Object.assign(Array.isArray(given) ? [] : (Object.create(null) as Headers), given);
}

function begin(session: ClientHttp2Session, headers: Headers | unknown[]): OutgoingRequest | undefined {
  const origin = origins.get(session);
  if (origin === undefined) return undefined;
  const values = new Map<string, unknown>();
  if (Array.isArray(headers)) {
    for (const [at, name] of headers.entries())
      if (at % 2 === 0) values.set(String(name).toLowerCase(), headers[at + 1]);
  } else {
    for (const [name, value] of Object.entries(headers)) values.set(name.toLowerCase(), value);
  }
  const text = (name: string, otherwise = ''): string => {
    const value = values.get(name);
    return typeof value === 'string' ? value : otherwise;
  };
  // A gRPC call with trace context was recorded; its HTTP request needs no span of its own.
  if (text('content-type').startsWith('application/grpc') && values.has('traceparent')) return undefined;
  return beginRequest(HTTP2, text(':method', 'GET'), outgoingUrl(origin, text(':path', '/')), {
    has: (name) => values.has(name),
    add: (name, value) => {
      if (Array.isArray(headers)) headers.push(name, value);
      else headers[name] = value;
    },
  });
}

function follow(stream: ClientHttp2Stream, begun: OutgoingRequest): void {
  stream.once('response', (headers) => {
    begun.answered({
      status: Number(headers[':status']),
      protocolVersion: '2',
      header: (name) => headers[name],
    });
  });
  stream.once(errorMonitor, (error) => {
    begun.fail(error);
  });
  stream.once('close', () => {
    begun.end();
  });
}

function originOf(authority: unknown): string {
  if (typeof authority === 'string' || authority instanceof URL) return new URL(authority).origin;
  const {
    protocol = 'https:',
    hostname,
    host,
    port,
  } = Object(authority) as Record<string, string | undefined>;
  return new URL(`${protocol}//${hostname ?? host ?? 'localhost'}${port === undefined ? '' : `:${port}`}`)
    .origin;
}
