import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { Server as GrpcServer, ServerCredentials, status } from '@grpc/grpc-js';
import { Controller, Get, Inject } from '@nestjs/common';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace-base';
import { ExportResultCode } from '@opentelemetry/core';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { TelemetryModule, TracerManager, type TelemetryModuleOptions } from '../../src/index.js';
import { LogRecorder } from '../support/log-recorder.js';
import { OtlpReceiver } from '../support/otlp-receiver.js';
import { startApp } from '../support/test-app.js';

@Controller('orders')
class OrdersController {
  constructor(@Inject(TracerManager) private readonly tracing: TracerManager) {}

  @Get(':id')
  findOne() {
    return this.tracing.withSpan('load', () => 'order');
  }
}

type Exporter = NonNullable<TelemetryModuleOptions['exporter']>;

/**
 * Serves one request with that exporter, closes the app; returns what was logged as a warning or an error.
 */
async function serve(exporter: Exporter, onClosing: (tracing: TracerManager) => unknown = () => {}) {
  const log = new LogRecorder();
  const app = await startApp({
    telemetry: false,
    imports: [
      TelemetryModule.forRoot({ service: { name: 'orders' }, exporter, shutdown: { timeoutMillis: 1000 } }),
    ],
    controllers: [OrdersController],
    logger: log,
  });
  const { status: code, body } = await app.get('/orders/7');
  expect([code, body]).toEqual([200, 'order']);
  const tracing = app.app.get(TracerManager, { strict: false });
  await onClosing(tracing);
  await app.close();
  return { problems: [...log.lines('warn'), ...log.lines('error')], spans: tracing.status().spans };
}

const delivered = { live: 0, ended: 2, delivered: 2, queued: 0, dropped: {} };

async function listen(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

describe('spans of a request arrive', () => {
  let receiver: OtlpReceiver;

  beforeAll(async () => {
    receiver = await OtlpReceiver.start();
  });

  beforeEach(() => {
    receiver.clear();
  });

  afterAll(() => receiver.stop());

  it.each<[string, (urls: OtlpReceiver) => Exporter]>([
    ['over gRPC', ({ grpcUrl }) => ({ type: 'otlp-grpc', url: grpcUrl })],
    ['over gRPC with gzip', ({ grpcUrl }) => ({ type: 'otlp-grpc', url: grpcUrl, compression: 'gzip' })],
    ['over HTTP as protobuf', ({ httpUrl }) => ({ type: 'otlp-http', url: `${httpUrl}/v1/traces` })],
    ['over HTTP to an address without a path', ({ httpUrl }) => ({ type: 'otlp-http', url: httpUrl })],
    ['over HTTP as JSON', ({ httpUrl }) => ({ type: 'otlp-http-json', url: `${httpUrl}/v1/traces` })],
    ['at a Jaeger', ({ grpcUrl }) => ({ type: 'jaeger', url: grpcUrl })],
  ])('%s', async (_how, exporter) => {
    const { problems, spans } = await serve(exporter(receiver));
    await receiver.waitForCount(2);
    const [load, request] = [...receiver.spans].sort((a, b) => b.name.localeCompare(a.name));
    expect(receiver.spans).toHaveLength(2);
    expect(load).toMatchObject({
      name: 'load',
      kind: 'INTERNAL',
      traceId: request!.traceId,
      parentSpanId: request!.spanId,
      scope: 'nestjs-telemetry',
    });
    expect(request).toMatchObject({
      name: 'GET /orders/:id',
      kind: 'SERVER',
      status: 'UNSET',
      attributes: { 'http.route': '/orders/:id', 'url.path': '/orders/7', 'http.request.method': 'GET' },
    });
    expect(request!.resource).toMatchObject({
      'service.name': 'orders',
      'telemetry.sdk.language': 'nodejs',
      'telemetry.distro.name': 'nestjs-telemetry',
    });
    expect({ problems, spans }).toEqual({ problems: [], spans: delivered });
  });

  it('at a Zipkin', async () => {
    const bodies: string[] = [];
    const url = await listen(
      createServer((request, response) => {
        void bodyOf(request).then((body) => {
          bodies.push(body);
          response.writeHead(202).end();
        });
      }),
    );
    const { spans } = await serve({ type: 'zipkin', url: `${url}/api/v2/spans` });
    const received = bodies.flatMap(
      (body) => JSON.parse(body) as { name: string; kind?: string; localEndpoint: object }[],
    );
    const localEndpoint = { serviceName: 'orders' };
    expect(received.map(({ name, kind, localEndpoint }) => ({ name, kind, localEndpoint }))).toEqual([
      { name: 'GET /orders/:id', kind: 'SERVER', localEndpoint },
      { name: 'load', kind: undefined, localEndpoint },
    ]);
    expect(spans).toEqual(delivered);
  });

  it('in memory', async () => {
    let names: string[] = [];
    await serve({ type: 'memory' }, (tracing) => {
      names = tracing.finishedSpans().map(({ name }) => name);
    });
    expect(names).toEqual(['load', 'GET /orders/:id']);
  });

  it('nowhere, where that is asked for', async () => {
    const { problems, spans } = await serve({ type: 'none' });
    expect([problems, spans.queued, spans.live]).toEqual([[], 0, 0]);
  });

  it('at an exporter that the user built', async () => {
    const exporter = new ListExporter();
    const { spans } = await serve(exporter);
    expect([exporter.names.sort(), exporter.closed, spans]).toEqual([
      ['GET /orders/:id', 'load'],
      true,
      delivered,
    ]);
  });

  it('at an exporter that is of no class', async () => {
    const names: string[] = [];
    const exporter: SpanExporter = Object.assign(Object.create(null) as object, {
      export: (spans: readonly ReadableSpan[], done: (result: { code: number }) => void) => {
        names.push(...spans.map(({ name }) => name));
        done({ code: 0 });
      },
      shutdown: () => Promise.resolve(),
    });
    const { spans } = await serve(exporter);
    expect([names.sort(), spans]).toEqual([['GET /orders/:id', 'load'], delivered]);
  });

  it('at several exporters, each with all of them', async () => {
    const own = new ListExporter();
    const { problems, spans } = await serve([
      { type: 'otlp-grpc', url: receiver.grpcUrl },
      { type: 'otlp-http', url: receiver.httpUrl },
      own,
    ]);
    await receiver.waitForCount(4);
    expect(own.names.sort()).toEqual(['GET /orders/:id', 'load']);
    expect(new Set(receiver.requests.map(({ transport }) => transport))).toEqual(new Set(['grpc', 'http']));
    expect({ problems, spans }).toEqual({ problems: [], spans: { ...delivered, ended: 6, delivered: 6 } });
  });
});

/** As simple as users write them. */
class ListExporter implements SpanExporter {
  readonly names: string[] = [];
  closed = false;

  export(spans: ReadableSpan[], done: (result: { code: ExportResultCode }) => void): void {
    this.names.push(...spans.map(({ name }) => name));
    done({ code: ExportResultCode.SUCCESS });
  }

  shutdown(): Promise<void> {
    this.closed = true;
    return Promise.resolve();
  }
}

/** A gRPC server that refuses every export. */
async function refusingCollector(): Promise<string> {
  const server = new GrpcServer();
  const bytes = { serialize: (value: Buffer) => value, deserialize: (value: Buffer) => value };
  server.addService(
    {
      Export: {
        path: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
        requestStream: false,
        responseStream: false,
        requestSerialize: bytes.serialize,
        requestDeserialize: bytes.deserialize,
        responseSerialize: bytes.serialize,
        responseDeserialize: bytes.deserialize,
      },
    },
    {
      Export: (_call: unknown, done: (error: object) => void) => {
        done({ code: status.UNAUTHENTICATED, details: 'wrong key' });
      },
    },
  );
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) => {
      if (error === null) resolve(bound);
      else reject(error);
    });
  });
  onTestFinished(() => {
    server.forceShutdown();
  });
  return `http://127.0.0.1:${port}`;
}

/** An HTTP server with one answer for everybody. */
function answering(code: number): Promise<string> {
  return listen(
    createServer((request, response) => {
      request.resume();
      response.writeHead(code).end();
    }),
  );
}

/** Nobody listens there any more. */
async function closedPort(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return `http://127.0.0.1:${port}`;
}

describe('an exporter that cannot deliver harms no request and says why in one line', () => {
  const headers = { authorization: 'Bearer k-secret' };

  it.each<[string, () => Promise<Exporter>, RegExp]>([
    [
      'a refused connection, gRPC',
      async () => ({ type: 'otlp-grpc', url: await closedPort(), headers }),
      /nothing listens there \(ECONNREFUSED\)\. Start the collector/,
    ],
    [
      'a refused connection, HTTP',
      async () => ({ type: 'otlp-http', url: await closedPort(), headers }),
      /nothing listens there \(ECONNREFUSED\)\. Start the collector/,
    ],
    [
      'bad credentials, gRPC',
      async () => ({ type: 'otlp-grpc', url: await refusingCollector(), headers }),
      /credentials.*\(UNAUTHENTICATED\)\. Check the API key/,
    ],
    [
      'bad credentials, HTTP',
      async () => ({ type: 'otlp-http', url: await answering(401), headers }),
      /credentials \(HTTP 401\)\. Check the API key/,
    ],
    [
      'a wrong path',
      async () => ({ type: 'otlp-http-json', url: `${await answering(404)}/v2/spans`, headers }),
      /\(HTTP 404\)\. Check the path/,
    ],
  ])('%s', async (_what, exporter, reason) => {
    const { problems, spans } = await serve(await exporter());
    const failures = problems.filter((line) => line.includes(': export failed: '));
    expect(failures).toEqual([expect.stringMatching(reason)]);
    expect(problems.join('\n')).not.toContain('k-secret');
    const dropped = Object.values(spans.dropped).reduce((sum, count) => sum + count, 0);
    expect({ ended: spans.ended, dropped, delivered: spans.delivered }).toEqual({
      ended: 2,
      dropped: 2,
      delivered: 0,
    });
  });
});

it('tells of a receiver that is away once, though metrics go there too', async () => {
  const { problems } = await serve(
    { type: 'otlp-grpc', url: 'http://127.0.0.1:1', headers: { authorization: 'canary-6' } },
    async (tracing) => {
      await Promise.all([tracing.forceFlush(), tracing.shutdown()]);
    },
  );
  const failures = problems.filter((line) => line.includes('ECONNREFUSED'));
  expect(failures).toHaveLength(1);
  expect(failures[0]).not.toContain('metrics');
});
