import { once } from 'node:events';
import { request as http1Request, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect, type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2';

export interface ClientRequest {
  readonly method?: string;
  readonly path: string;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: string;
}

export interface ClientResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A request under way, to be read to its end or cut off. */
export interface OpenExchange {
  /** Resolves with the status once the response headers have come. */
  readonly headers: Promise<number>;
  /** Resolves once the first bytes of the body have come. */
  readonly firstChunk: Promise<void>;
  readonly response: Promise<ClientResponse>;
  /** Closes the connection, or resets the stream on HTTP/2. */
  abort(): void;
}

/** Sends one request and reads the whole response; adds no header but `host` and what the body needs. */
export async function send(url: string, http2: boolean, request: ClientRequest): Promise<ClientResponse> {
  return open(url, http2, request).response;
}

export function open(url: string, http2: boolean, request: ClientRequest): OpenExchange {
  const exchange = http2 ? openHttp2(url, request) : openHttp1(url, request);
  // Whoever aborts does not wait for all of them.
  for (const promise of [exchange.headers, exchange.firstChunk, exchange.response]) promise.catch(() => {});
  return exchange;
}

function openHttp1(url: string, { method = 'GET', path, headers = {}, body }: ClientRequest): OpenExchange {
  const { hostname, port, protocol } = new URL(url);
  const request = (protocol === 'https:' ? httpsRequest : http1Request)({
    rejectUnauthorized: false,
    hostname: hostname.replace(/^\[|\]$/g, ''),
    port,
    method,
    path,
    headers: body === undefined ? headers : { 'content-length': Buffer.byteLength(body), ...headers },
    agent: false,
  });
  request.end(body);
  const incoming = once(request, 'response').then(([response]) => response);
  const chunks: Buffer[] = [];
  const firstChunk = deferred();
  const response = incoming.then(async (message): Promise<ClientResponse> => {
    for await (const chunk of message) {
      chunks.push(chunk);
      firstChunk.resolve();
    }
    return { status: message.statusCode, headers: message.headers, body: Buffer.concat(chunks).toString() };
  });
  return {
    headers: incoming.then((message) => message.statusCode),
    firstChunk: firstChunk.promise,
    response,
    abort: () => request.destroy(),
  };
}

function openHttp2(url: string, { method = 'GET', path, headers = {}, body }: ClientRequest): OpenExchange {
  const session: ClientHttp2Session = connect(url, { rejectUnauthorized: false });
  const failed = new Promise<never>((_resolve, reject) => session.once('error', reject));
  failed.catch(() => {});
  const stream: ClientHttp2Stream = session.request({
    ':method': method,
    ':path': path,
    // Node leaves out the brackets of an IPv6 address.
    ':authority': new URL(url).host,
    ...headers,
  });
  stream.end(body);
  const incoming = Promise.race([failed, once(stream, 'response').then(([received]) => received)]);
  const chunks: Buffer[] = [];
  const firstChunk = deferred();
  const response = incoming.then(async (received): Promise<ClientResponse> => {
    try {
      for await (const chunk of stream) {
        chunks.push(chunk);
        firstChunk.resolve();
      }
    } finally {
      session.close();
    }
    return { status: received[':status'], headers: received, body: Buffer.concat(chunks).toString() };
  });
  return {
    headers: incoming.then((received) => received[':status']),
    firstChunk: firstChunk.promise,
    response,
    abort: () => {
      stream.on('error', () => {});
      session.destroy();
    },
  };
}

interface Deferred {
  readonly promise: Promise<void>;
  resolve(): void;
}

function deferred(): Deferred {
  let resolve!: () => void;
  const promise = new Promise<void>((fulfil) => {
    resolve = fulfil;
  });
  return { promise, resolve };
}
