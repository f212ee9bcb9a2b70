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
    const begun = sent && guard('node:http2', () => begin(this as ClientHttp2Session, sent));
    if (sent === undefined || begun === undefined) return request.call(this, given, ...rest);
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

/**
 * Returns a copy of the headers, to which more can be added; `undefined` for the list form of newer
 * versions.
 */
function copyOf(given: unknown): Headers | undefined {
  if (Array.isArray(given)) return undefined;
  return Object.assign(Object.create(null) as Headers, given);
}

function begin(session: ClientHttp2Session, headers: Headers): OutgoingRequest | undefined {
  const origin = origins.get(session);
  if (origin === undefined) return undefined;
  const names = new Map(Object.keys(headers).map((name) => [name.toLowerCase(), name]));
  if (isRecordedRpc(headers, names)) return undefined;
  const pseudo = (name: string, otherwise: string): string => {
    const { [name]: value } = headers;
    return typeof value === 'string' ? value : otherwise;
  };
  return beginRequest(HTTP2, pseudo(':method', 'GET'), outgoingUrl(origin, pseudo(':path', '/')), {
    has: (name) => names.has(name),
    add: (name, value) => {
      headers[name] = value;
    },
  });
}

/**
 * Whether a gRPC call with trace context was recorded, so that its HTTP request needs no span of its own.
 */
function isRecordedRpc(headers: Headers, names: ReadonlyMap<string, string>): boolean {
  const type = headers[names.get('content-type') ?? ''];
  return typeof type === 'string' && type.startsWith('application/grpc') && names.has('traceparent');
}

function follow(stream: ClientHttp2Stream, begun: OutgoingRequest): void {
  stream.once('response', (headers) => {
    begun.answered({
      status: Number(headers[':status']),
      protocolVersion: '2',
      header: (name) => {
        const value = headers[name];
        return typeof value === 'string' ? value : undefined;
      },
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
