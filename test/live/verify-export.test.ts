import { createServer, type Server as NetServer } from 'node:net';
import { ServerCredentials, status as Status } from '@grpc/grpc-js';
import { InMemorySpanExporter } from '@opentelemetry/sdk-trace-base';
import { describe, expect, it, onTestFinished } from 'vitest';
import { TelemetryConfigError, type TracerConfig } from '../../src/index.js';
import { arize } from '../../src/entry-points/presets.js';
import { SpanRecorder } from '../../src/testing/index.js';
import { GrpcReceiver, HttpReceiver } from '../pipeline/support/otlp-receiver.js';
import { LOCALHOST_TLS } from '../support/localhost-tls.js';
import { newManager } from './new-manager.js';

const CANARY = 'canary-7f3a';

async function started<R extends GrpcReceiver | HttpReceiver>(receiver: R): Promise<R> {
  await receiver.start();
  onTestFinished(() => receiver.stop());
  return receiver;
}

async function grpcAnswering(code: number, message: string): Promise<string> {
  const receiver = await started(new GrpcReceiver());
  receiver.answer = () => ({ ok: false, status: code, message });
  return receiver.url;
}

/** A port that was free a moment ago. */
async function closedPort(): Promise<number> {
  const server = await listening(createServer());
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function listening(server: NetServer): Promise<NetServer> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

async function verdict(exporter: TracerConfig['exporter']): Promise<Record<string, unknown>> {
  const manager = await newManager({ exporter: new SpanRecorder() });
  const result = await manager.verifyExport({ exporter: exporter as never });
  expect(JSON.stringify(result)).not.toContain(CANARY);
  return { ...result };
}

const headers = { authorization: `Bearer ${CANARY}` };

describe('verifyExport names the cause and the remedy', () => {
  const causes: [string, () => Promise<TracerConfig['exporter']>, Record<string, unknown>][] = [
    [
      'nothing listens',
      async () => ({ type: 'otlp-grpc', url: `http://127.0.0.1:${await closedPort()}`, headers }),
      { code: 'ECONNREFUSED', hint: expect.stringContaining('Start the collector') },
    ],
    [
      'nothing listens, over HTTP',
      async () => ({ type: 'otlp-http', url: `http://127.0.0.1:${await closedPort()}`, headers }),
      { code: 'ECONNREFUSED', hint: expect.stringContaining('Start the collector') },
    ],
    [
      'the host does not exist',
      () => Promise.resolve({ type: 'otlp-http', url: 'http://collector.invalid:4318', headers }),
      { code: expect.stringMatching(/ENOTFOUND|EAI_AGAIN/), hint: expect.stringContaining('host') },
    ],
    [
      'the host does not exist, over gRPC',
      () => Promise.resolve({ type: 'otlp-grpc', url: 'http://collector.invalid:4317', headers }),
      { code: expect.stringMatching(/ENOTFOUND|EAI_AGAIN/), hint: expect.stringContaining('host') },
    ],
    [
      'the certificate is not trusted',
      async () => {
        const { url } = await started(new HttpReceiver({ key: LOCALHOST_TLS.key, cert: LOCALHOST_TLS.cert }));
        return { type: 'otlp-http', url, headers };
      },
      { code: 'DEPTH_ZERO_SELF_SIGNED_CERT', hint: expect.stringContaining('exporter.tls.ca') },
    ],
    [
      'the certificate is not trusted, over gRPC',
      async () => {
        const pair = {
          private_key: Buffer.from(LOCALHOST_TLS.key),
          cert_chain: Buffer.from(LOCALHOST_TLS.cert),
        };
        const receiver = await started(new GrpcReceiver(ServerCredentials.createSsl(null, [pair])));
        return { type: 'otlp-grpc', url: receiver.url.replace('http:', 'https:'), headers };
      },
      { ok: false, hint: expect.stringContaining('exporter.tls.ca') },
    ],
    [
      'it does not answer in time',
      async () => {
        const receiver = await started(new GrpcReceiver());
        receiver.answer = () => 'hang';
        return { type: 'otlp-grpc', url: receiver.url, headers, timeoutMillis: 200 };
      },
      {
        code: expect.stringMatching(/DEADLINE_EXCEEDED|ETIMEDOUT/),
        reason: expect.stringContaining('did not answer within 200 ms'),
      },
    ],
    [
      'the credentials are not known',
      async () => ({
        type: 'otlp-grpc',
        url: await grpcAnswering(Status.UNAUTHENTICATED, `bad token Bearer ${CANARY}`),
        headers,
      }),
      { code: 'UNAUTHENTICATED', hint: expect.stringMatching(/header|credential|key/i) },
    ],
    [
      'the credentials are not enough',
      async () => ({ type: 'otlp-grpc', url: await grpcAnswering(Status.PERMISSION_DENIED, 'no'), headers }),
      { code: 'PERMISSION_DENIED', hint: expect.stringMatching(/header|credential|key|permission/i) },
    ],
    [
      'the path is not there',
      async () => {
        const receiver = await started(new HttpReceiver());
        receiver.answer = () => ({ ok: false, status: 404 });
        return { type: 'otlp-http', url: receiver.url, headers };
      },
      { code: 'HTTP 404', hint: expect.stringMatching(/path|url/i) },
    ],
    [
      'gRPC is spoken to an HTTP port',
      async () => {
        const receiver = await started(new HttpReceiver());
        return { type: 'otlp-grpc', url: new URL(receiver.url).origin, headers };
      },
      { hint: expect.stringContaining('otlp-http') },
    ],
    [
      'HTTP is spoken to a gRPC port',
      async () => {
        const receiver = await started(new GrpcReceiver());
        return { type: 'otlp-http', url: `${receiver.url}/v1/traces`, headers };
      },
      { hint: expect.stringContaining('otlp-grpc') },
    ],
    [
      'the request is too large',
      async () => {
        const receiver = await started(
          new GrpcReceiver(ServerCredentials.createInsecure(), { 'grpc.max_receive_message_length': 10 }),
        );
        return { type: 'otlp-grpc', url: receiver.url, headers };
      },
      { code: 'RESOURCE_EXHAUSTED', reason: expect.stringMatching(/large/) },
    ],
  ];

  it.each(causes)('%s', async (_cause, exporter, expected) => {
    expect(await verdict(await exporter())).toMatchObject({ ok: false, ...expected });
  });
});

it('tells what it reached, by which protocol and how fast', async () => {
  const receiver = await started(new GrpcReceiver());
  receiver.keepDecoded = true;
  const manager = await newManager({ exporter: { type: 'otlp-grpc', url: receiver.url } });
  const result = await manager.verifyExport();
  expect(result).toMatchObject({ ok: true, protocol: 'otlp-grpc', exporters: [{ ok: true }] });
  expect(result.latencyMillis).toBeGreaterThan(0);
  expect([...receiver.acknowledged.keys()]).toEqual(['nestjs-telemetry verify export']);
  await manager.shutdown();
});

it('tries every exporter, and reports the first that fails', async () => {
  const receiver = await started(new GrpcReceiver());
  const refused = { type: 'otlp-http', url: `http://127.0.0.1:${await closedPort()}` } as const;
  const result = await verdict([{ type: 'otlp-grpc', url: receiver.url }, refused]);
  expect(result).toMatchObject({
    ok: false,
    protocol: 'otlp-http',
    exporters: [{ ok: true }, { ok: false }],
  });
});

it('uses an exporter given in code without shutting it down', async () => {
  const exporter = new InMemorySpanExporter();
  expect(await verdict(exporter)).toMatchObject({ ok: true, protocol: 'InMemorySpanExporter' });
  expect(exporter.getFinishedSpans().map(({ name }) => name)).toEqual(['nestjs-telemetry verify export']);
});

it('says that nothing is exported, and that a console needs no receiver', async () => {
  expect(await verdict({ type: 'none' })).toMatchObject({ ok: false, code: 'NO_EXPORTER' });
  expect(await verdict({ type: 'console' })).toMatchObject({ ok: true, protocol: 'console' });
});

it('refuses a configuration that could not be used at all', async () => {
  const manager = await newManager({ exporter: new SpanRecorder() });
  await expect(manager.verifyExport({ sampler: 7 })).rejects.toBeInstanceOf(TelemetryConfigError);
});

describe('an Arize endpoint', () => {
  const [SPACE, KEY] = ['space-1', `key-${CANARY}`];

  it.each([
    ['current', { 'arize-space-id': SPACE, authorization: KEY }],
    ['legacy', { space_id: SPACE, api_key: KEY }],
  ] as const)('that accepts %s headers only gets a recommendation', async (style, wanted) => {
    const receiver = await started(new GrpcReceiver());
    const others = style === 'current' ? ['space_id', 'api_key'] : ['authorization', 'arize-space-id'];
    receiver.answer = ({ headers: got }) =>
      Object.entries(wanted).every(([name, value]) => got[name] === value) &&
      others.every((name) => !(name in got))
        ? { ok: true }
        : { ok: false, status: Status.PERMISSION_DENIED, message: 'who are you' };
    const { exporter } = arize({ spaceId: SPACE, apiKey: KEY, endpoint: receiver.url }, {});
    const result = await verdict(exporter);
    expect(result).toMatchObject({
      ok: false,
      code: 'PERMISSION_DENIED',
      headerStyles: { current: style === 'current', legacy: style === 'legacy' },
      hint: expect.stringContaining(`headerStyle: '${style}'`),
    });
    const { exporter: followed } = arize(
      { spaceId: SPACE, apiKey: KEY, endpoint: receiver.url, headerStyle: style },
      {},
    );
    expect(await verdict(followed)).toMatchObject({ ok: true });
  });

  it('that accepts neither is told apart from one that is away', async () => {
    const url = await grpcAnswering(Status.UNAUTHENTICATED, 'no');
    const { exporter } = arize({ spaceId: SPACE, apiKey: KEY, endpoint: url }, {});
    expect(await verdict(exporter)).toMatchObject({
      ok: false,
      code: 'UNAUTHENTICATED',
      headerStyles: { current: false, legacy: false },
      hint: expect.stringContaining('space id'),
    });
  });
});
