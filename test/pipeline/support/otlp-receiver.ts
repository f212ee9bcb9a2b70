import { createRequire } from 'node:module';
import http from 'node:http';
import https from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { Metadata, Server, ServerCredentials } from '@grpc/grpc-js';

const require = createRequire(import.meta.url);
const { getProtoRoot } = require('@elastic/mockotlpserver/lib/proto.js') as { getProtoRoot(): any };

const REQUEST = 'opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest';
const RESPONSE = 'opentelemetry.proto.collector.trace.v1.ExportTraceServiceResponse';

/** A decoded export request, with ids in base64 and 64-bit numbers as strings. */
export interface DecodedRequest {
  resourceSpans: {
    resource?: any;
    schemaUrl?: string;
    scopeSpans: { scope?: any; schemaUrl?: string; spans: any[] }[];
  }[];
}

export function decodeRequest(bytes: Uint8Array): DecodedRequest {
  const type = getProtoRoot().lookupType(REQUEST);
  return type.toObject(type.decode(bytes), { longs: String, bytes: String, arrays: true }) as DecodedRequest;
}

function encodeResponse(response: object): Buffer {
  const type = getProtoRoot().lookupType(RESPONSE);
  return Buffer.from(type.encode(type.fromObject(response)).finish());
}

/** What a receiver does with a request. */
export type Answer =
  | { readonly ok: true; readonly partial?: { rejectedSpans: number; errorMessage: string } }
  | {
      readonly ok: false;
      readonly status: number;
      readonly message?: string;
      /** gRPC trailer `grpc-status-details-bin`, or an HTTP response body. */
      readonly details?: Buffer;
      readonly headers?: Readonly<Record<string, string>>;
    }
  | 'hang'
  | 'disconnect';

export interface Received {
  readonly bytes: number;
  readonly spans: number;
  readonly names: readonly string[];
  readonly at: number;
  readonly headers: Readonly<Record<string, string>>;
}

/** Counts what arrives; `answer` decides each request's fate and may be replaced at any time. */
export abstract class Receiver {
  readonly requests: Received[] = [];
  /** How often each span name was acknowledged. */
  readonly acknowledged = new Map<string, number>();
  readonly decoded: DecodedRequest[] = [];
  answer: (request: Received) => Answer | Promise<Answer> = () => ({ ok: true });
  keepDecoded = false;
  port = 0;

  abstract start(port?: number): Promise<this>;
  abstract stop(): Promise<void>;

  get spans(): number {
    let total = 0;
    for (const count of this.acknowledged.values()) total += count;
    return total;
  }

  get duplicates(): number {
    return this.spans - this.acknowledged.size;
  }

  protected async decide(body: Buffer, headers: Record<string, string>): Promise<Answer> {
    const request =
      headers['content-type'] === 'application/json' ? JSON.parse(body.toString()) : decodeRequest(body);
    const names: string[] = [];
    for (const { scopeSpans } of request.resourceSpans ?? []) {
      for (const { spans } of scopeSpans) for (const span of spans) names.push(span.name);
    }
    if (this.keepDecoded) this.decoded.push(request);
    const received = { bytes: body.length, spans: names.length, names, at: performance.now(), headers };
    this.requests.push(received);
    const answer = await this.answer(received);
    if (typeof answer === 'object' && answer.ok) {
      for (const name of names) this.acknowledged.set(name, (this.acknowledged.get(name) ?? 0) + 1);
    }
    return answer;
  }
}

export class GrpcReceiver extends Receiver {
  private server: Server | undefined;

  constructor(
    private readonly credentials: ServerCredentials = ServerCredentials.createInsecure(),
    private readonly options: object = {},
  ) {
    super();
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async start(port = this.port): Promise<this> {
    const server = new Server(this.options);
    server.register(
      '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
      (call: any, callback: any) => {
        const headers = Object.fromEntries(
          Object.entries(call.metadata.getMap()).map(([key, value]) => [key, String(value)]),
        );
        void this.decide(call.request, headers).then((answer) => {
          if (answer === 'hang') return;
          if (answer === 'disconnect') {
            server.forceShutdown();
            return;
          }
          if (answer.ok)
            callback(null, encodeResponse(answer.partial ? { partialSuccess: answer.partial } : {}));
          else callback(failure(answer));
        });
      },
      (value: Buffer) => value,
      (bytes: Buffer) => bytes,
      'unary',
    );
    this.port = await new Promise((resolve, reject) => {
      server.bindAsync(`127.0.0.1:${port}`, this.credentials, (error, bound) =>
        error ? reject(error) : resolve(bound),
      );
    });
    this.server = server;
    return this;
  }

  async stop(): Promise<void> {
    this.server?.forceShutdown();
    return Promise.resolve();
  }
}

function failure(answer: { status: number; message?: string; details?: Buffer }): object {
  const metadata = new Metadata();
  if (answer.details !== undefined) metadata.set('grpc-status-details-bin', answer.details);
  return { code: answer.status, details: answer.message ?? '', metadata };
}

export class HttpReceiver extends Receiver {
  private server: http.Server | undefined;
  private readonly sockets = new Set<Socket>();

  constructor(private readonly tls?: https.ServerOptions) {
    super();
  }

  get url(): string {
    return `${this.tls ? 'https' : 'http'}://127.0.0.1:${this.port}/v1/traces`;
  }

  get openSockets(): number {
    return this.sockets.size;
  }

  async start(port = this.port): Promise<this> {
    const listener: http.RequestListener = (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const raw = Buffer.concat(chunks);
        const headers = request.headers as Record<string, string>;
        const body = headers['content-encoding'] === 'gzip' ? gunzipSync(raw) : raw;
        void this.decide(body, headers).then((answer) => {
          if (answer === 'hang') return;
          if (answer === 'disconnect') {
            request.socket.destroy();
            return;
          }
          const json = headers['content-type'] === 'application/json';
          response.setHeader('content-type', json ? 'application/json' : 'application/x-protobuf');
          if (answer.ok) {
            const reply = answer.partial ? { partialSuccess: answer.partial } : {};
            response.end(json ? JSON.stringify(reply) : encodeResponse(reply));
          } else {
            for (const [name, value] of Object.entries(answer.headers ?? {})) response.setHeader(name, value);
            response.writeHead(answer.status).end(answer.details ?? answer.message);
          }
        });
      });
    };
    const server = this.tls ? https.createServer(this.tls, listener) : http.createServer(listener);
    server.on('connection', (socket) => {
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket));
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', resolve);
    });
    this.port = (server.address() as AddressInfo).port;
    this.server = server;
    return this;
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => (this.server ? this.server.close(resolve) : resolve(undefined)));
  }
}
