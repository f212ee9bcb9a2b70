import { request } from 'node:http';
import { gzipSync } from 'node:zlib';
import { SpanKind, SpanStatusCode, type Span } from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BasicTracerProvider, SimpleSpanProcessor, type SpanExporter } from '@opentelemetry/sdk-trace-base';
import { OTLPTraceExporter as GrpcExporter } from '@opentelemetry/exporter-trace-otlp-grpc';
import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { OtlpReceiver } from '../../src/devtools/receive/receiver.js';
import { startDevtools, type StartedDevtools } from './support/devtools-client.js';
import { TelemetryModule } from '../../src/index.js';
import { startApp } from '../support/test-app.js';
import { FAILED, traceId } from './support/spans.js';

interface Receiving extends StartedDevtools {
  readonly receiver: OtlpReceiver;
}

async function startReceiver(): Promise<Receiving> {
  const devtools = await startDevtools();
  const receiver = await OtlpReceiver.start(devtools.recorder, { grpcPort: 0, httpPort: 0 });
  onTestFinished(() => receiver.close());
  return { ...devtools, receiver };
}

function record(span: Span): void {
  span.addEvent('step', { number: 1.5, list: ['a', 'b'], yes: true });
  span.addLink({ context: { traceId: traceId(9), spanId: 'b'.repeat(16), traceFlags: 1 } });
  span.setStatus({ code: SpanStatusCode.ERROR, message: 'boom' });
  span.end([1_700_000_001, 500_000_000]);
}

describe('a receiver of OTLP', () => {
  it.each([
    ['gRPC', ({ receiver }: Receiving) => new GrpcExporter({ url: `http://127.0.0.1:${receiver.grpcPort}` })],
    [
      'JSON',
      ({ receiver }: Receiving) =>
        new JsonExporter({ url: `http://127.0.0.1:${receiver.httpPort}/v1/traces` }),
    ],
    [
      'gzipped JSON',
      ({ receiver }: Receiving) =>
        new JsonExporter({
          url: `http://127.0.0.1:${receiver.httpPort}/v1/traces`,
          compression: 'gzip' as never,
        }),
    ],
  ])('takes what the official exporter sends over %s', async (_protocol, exporterOf) => {
    const receiving = await startReceiver();
    const exporter: SpanExporter = exporterOf(receiving);
    const provider = new BasicTracerProvider({
      resource: resourceFromAttributes({ 'service.name': 'other' }),
      spanProcessors: [new SimpleSpanProcessor(exporter)],
    });
    const options = {
      kind: SpanKind.CLIENT,
      startTime: [1_700_000_000, 250_000_000],
      attributes: { whole: 7 },
    } as const;
    const span = provider.getTracer('lib', '1.2').startSpan('call', options as never);
    record(span);
    await provider.forceFlush();
    await provider.shutdown();

    const { spans } = await receiving.get(`/api/traces/${span.spanContext().traceId}`);
    const { bytes: _bytes, resource, ...rest } = spans[0];
    expect(rest).toEqual({
      traceId: span.spanContext().traceId,
      spanId: span.spanContext().spanId,
      name: 'call',
      kind: SpanKind.CLIENT,
      start: 1_700_000_000_250,
      end: 1_700_000_001_500,
      status: FAILED,
      attributes: { whole: 7 },
      events: [
        { name: 'step', time: expect.any(Number), attributes: { number: 1.5, list: ['a', 'b'], yes: true } },
      ],
      links: [{ traceId: traceId(9), spanId: 'b'.repeat(16), attributes: {} }],
      scope: { name: 'lib', version: '1.2' },
    });
    expect(resource).toMatchObject({ 'service.name': 'other' });
  });

  it.each(['otlp-grpc', 'otlp-http', 'otlp-http-json'] as const)(
    'shows two Nest services in one trace over %s',
    async (type) => {
      const receiving = await startReceiver();
      const { grpcPort, httpPort } = receiving.receiver;
      const url = `http://127.0.0.1:${type === 'otlp-grpc' ? grpcPort : httpPort}`;
      const service = (name: string) =>
        startApp({
          telemetry: false,
          imports: [TelemetryModule.forRoot({ service: { name }, exporter: { type, url }, metrics: false })],
        });
      const traceparent = `00-${traceId(77)}-${'c'.repeat(16)}-01`;
      for (const name of ['front', 'back']) {
        const app = await service(name);
        await app.get('/nowhere', { traceparent });
        await app.close();
      }

      const trace = await receiving.get(`/api/traces/${traceId(77)}`);
      expect(trace.services.sort()).toEqual(['back', 'front']);
      expect(trace.spanCount).toBe(2);
    },
  );

  it('keeps logs beside the spans of their trace, and metrics as series', async () => {
    const receiving = await startReceiver();
    const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] };
    await post(receiving, '/v1/logs', {
      resourceLogs: [
        {
          resource,
          scopeLogs: [
            {
              logRecords: [
                {
                  traceId: traceId(5),
                  spanId: 'd'.repeat(16),
                  timeUnixNano: '1700000000000000000',
                  severityNumber: 17,
                  body: { stringValue: 'no stock' },
                },
              ],
            },
          ],
        },
      ],
    });
    const point = { timeUnixNano: '1700000000000000000', attributes: [] };
    await post(receiving, '/v1/metrics', {
      resourceMetrics: [
        {
          resource,
          scopeMetrics: [
            {
              metrics: [
                { name: 'orders', unit: '1', sum: { dataPoints: [{ ...point, asInt: '7' }] } },
                { name: 'latency', unit: 's', histogram: { dataPoints: [{ ...point, count: '4', sum: 2 }] } },
              ],
            },
          ],
        },
      ],
    });

    expect((await receiving.get(`/api/traces/${traceId(5)}`)).logs).toEqual([
      expect.objectContaining({ severity: 'ERROR', body: 'no stock', service: 'shop' }),
    ]);
    const { series } = await receiving.get('/api/metrics');
    expect(series.map(({ name, points }: any) => [name, points])).toEqual([
      ['orders', [[1_700_000_000_000, 7]]],
      ['latency', [[1_700_000_000_000, 0.5]]],
    ]);
  });

  it.each([
    ['text', 'text/plain', Buffer.from('hello'), {}, 415],
    ['a form of a page', 'application/x-www-form-urlencoded', Buffer.from('a=b'), {}, 415],
    ['broken JSON', 'application/json', Buffer.from('{'), {}, 400],
    ['broken protobuf', 'application/x-protobuf', Buffer.from([0x0a, 0xff, 0xff, 0x03, 1]), {}, 400],
    ['protobuf nested without end', 'application/x-protobuf', nested(60), {}, 400],
    ['what is no gzip', 'application/json', Buffer.from('{}'), { 'content-encoding': 'gzip' }, 400],
    [
      'a bomb',
      'application/json',
      gzipSync(Buffer.alloc(64 * 1024 * 1024, 0x20)),
      { 'content-encoding': 'gzip' },
      413,
    ],
    ['too much', 'application/json', Buffer.alloc(17 * 1024 * 1024, 0x20), {}, 413],
    ['an empty request', 'application/json', Buffer.from('{}'), {}, 200],
    [
      'values of wrong types',
      'application/json',
      Buffer.from('{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":5},7,null]}]}]}'),
      {},
      200,
    ],
  ])('answers %s', async (_what, type, body, headers, status) => {
    const receiving = await startReceiver();
    expect(
      await send(receiving.receiver.httpPort, '/v1/traces', { 'content-type': type, ...headers }, body),
    ).toBe(status);
    expect((await receiving.get('/api/traces')).total).toBe(0);
  });
});

/** Attribute values in one another, deeper than any real one. */
function nested(depth: number): Buffer {
  let value: Buffer = Buffer.alloc(0);
  const wrap = (tag: number, inner: Buffer): Buffer => {
    const length: number[] = [];
    for (let rest = inner.length; ; rest >>= 7) {
      length.push(rest > 0x7f ? (rest & 0x7f) | 0x80 : rest);
      if (rest <= 0x7f) break;
    }
    return Buffer.concat([Buffer.from([tag, ...length]), inner]);
  };
  for (let level = 0; level < depth; level += 1) value = wrap(0x2a, wrap(0x0a, value));
  return wrap(0x0a, wrap(0x0a, wrap(0x0a, wrap(0x12, value))));
}

async function post({ receiver }: Receiving, path: string, body: object): Promise<void> {
  const json = Buffer.from(JSON.stringify(body));
  expect(await send(receiver.httpPort, path, { 'content-type': 'application/json' }, json)).toBe(200);
}

function send(port: number, path: string, headers: object, body: Buffer): Promise<number> {
  return new Promise((resolve, reject) => {
    let status: number | undefined;
    const sent = request(
      { host: '127.0.0.1', port, path, method: 'POST', headers: { ...headers }, agent: false },
      (response) => {
        status = response.statusCode;
        resolve(status ?? 0);
        response.resume();
      },
    );
    // A server that has answered 413 stops reading.
    sent.on('error', (error) => {
      if (status === undefined) reject(error);
    });
    sent.end(body);
  });
}
