import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { Server as GrpcServer } from '@grpc/grpc-js';
import { TelemetryError } from '../../errors.js';
import type { Recorder } from '../recorder.js';
import { answer, answerError, HttpError, readBody } from '../server/answer.js';
import { readLogs, readMetrics, readSpans } from './otlp-request.js';
import { OTLP_REQUESTS, type ReceivedSignal } from './otlp-shapes.js';
import { readMessage } from './protobuf-reader.js';

/** The ports for OTLP; 0 takes any free port. */
export interface ReceiverOptions {
  readonly host?: string;
  /** The port for gRPC; default 4317. */
  readonly grpcPort?: number;
  /** The port for HTTP; default 4318. */
  readonly httpPort?: number;
}

const MAX_BYTES = 16 * 1024 * 1024;
const unzip = promisify(gunzip);
const PATHS: Readonly<Record<string, ReceivedSignal>> = {
  '/v1/traces': 'traces',
  '/v1/logs': 'logs',
  '/v1/metrics': 'metrics',
};
const SERVICES: Readonly<Record<ReceivedSignal, string>> = {
  traces: 'opentelemetry.proto.collector.trace.v1.TraceService',
  logs: 'opentelemetry.proto.collector.logs.v1.LogsService',
  metrics: 'opentelemetry.proto.collector.metrics.v1.MetricsService',
};

/** Receives OTLP from any sender over gRPC and HTTP, as protobuf or JSON, plain or gzipped. */
export class OtlpReceiver {
  private readonly http: Server;

  private constructor(
    private readonly recorder: Recorder,
    private readonly grpc: GrpcServer,
    readonly grpcPort: number,
  ) {
    this.http = createServer((request, response) => {
      this.receive(request, response).catch((error: unknown) => answerError(response, error));
    });
  }

  /**
   * Opens the ports for OTLP over gRPC and HTTP.
   *
   * @throws TelemetryError `TELEMETRY_DEVTOOLS_UNAVAILABLE` if a port is taken
   */
  static async start(recorder: Recorder, options: ReceiverOptions = {}): Promise<OtlpReceiver> {
    const { host = '127.0.0.1', grpcPort = 4317, httpPort = 4318 } = options;
    const { bindGrpc } = await import('./grpc-receiver.js');
    const take = (signal: ReceivedSignal, body: Buffer): void =>
      keep(recorder, signal, readMessage(body, OTLP_REQUESTS[signal]));
    const [grpc, port] = await bindGrpc(SERVICES, take, { host, port: grpcPort, maxBytes: MAX_BYTES });
    const receiver = new OtlpReceiver(recorder, grpc, port);
    try {
      await receiver.listen(httpPort, host);
    } catch (error) {
      grpc.forceShutdown();
      throw new TelemetryError(
        'TELEMETRY_DEVTOOLS_UNAVAILABLE',
        `OTLP over HTTP cannot be received on ${host}:${httpPort}: ${(error as Error).message}. ` +
          'Pass another `--http-port`.',
        { cause: error },
      );
    }
    return receiver;
  }

  get httpPort(): number {
    return (this.http.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    this.grpc.forceShutdown();
    const closed = new Promise<void>((resolve) => this.http.close(() => resolve()));
    this.http.closeAllConnections();
    await closed;
  }

  private listen(port: number, host: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.http.once('error', reject);
      this.http.listen(port, host, resolve);
    });
  }

  private async receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const signal = PATHS[request.url?.split('?')[0] ?? ''];
    if (signal === undefined) throw new HttpError(404, `OTLP is sent to ${Object.keys(PATHS).join(', ')}.`);
    if (request.method !== 'POST') throw new HttpError(405, 'OTLP is sent by POST.');
    // A page of another site can send these content types without permission, but none of the ones below.
    const type = (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
    if (type !== 'application/json' && type !== 'application/x-protobuf') {
      throw new HttpError(415, 'Expected `application/x-protobuf` or `application/json`.');
    }
    const body = await plainBody(request);
    keep(this.recorder, signal, decode(signal, type, body));
    answer(response, 200, type, type === 'application/json' ? '{}' : '');
  }
}

function decode(signal: ReceivedSignal, type: string, body: Buffer): unknown {
  try {
    return type === 'application/json'
      ? (JSON.parse(body.toString('utf8')) as unknown)
      : readMessage(body, OTLP_REQUESTS[signal]);
  } catch (error) {
    throw new HttpError(400, `The body cannot be read as ${type}: ${(error as Error).message}`);
  }
}

async function plainBody(request: IncomingMessage): Promise<Buffer> {
  const body = await readBody(request, MAX_BYTES);
  const encoding = request.headers['content-encoding'] ?? 'identity';
  if (encoding === 'identity') return body;
  if (encoding !== 'gzip') throw new HttpError(415, 'Expected no content encoding, or gzip.');
  try {
    return await unzip(body, { maxOutputLength: MAX_BYTES });
  } catch (error) {
    const tooLarge = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
    throw tooLarge
      ? new HttpError(413, `At most ${MAX_BYTES} bytes are taken.`)
      : new HttpError(400, 'The body is not gzip.');
  }
}

function keep(recorder: Recorder, signal: ReceivedSignal, request: unknown): void {
  if (signal === 'traces') for (const span of readSpans(request)) recorder.store.add(span);
  else if (signal === 'logs') for (const log of readLogs(request)) recorder.store.log(log);
  else for (const point of readMetrics(request)) recorder.metrics.add(point);
}
