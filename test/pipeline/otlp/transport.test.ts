import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import net, { type AddressInfo } from 'node:net';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OtlpExporterConfig, TlsConfig } from '../../../src/config/exporter-config.js';
import { TelemetryConfigError } from '../../../src/errors.js';
import { openTransport } from '../../../src/otlp/open-transport.js';
import type { SendResult } from '../../../src/otlp/transport.js';
import { LOCALHOST_TLS } from '../../support/localhost-tls.js';
import { GrpcReceiver, HttpReceiver } from '../support/otlp-receiver.js';

const { key, cert } = LOCALHOST_TLS;
const TRUSTED: TlsConfig = { ca: cert };
const pair = [{ private_key: Buffer.from(key), cert_chain: Buffer.from(cert) }];
const LIMIT_MILLIS = 1_500;

const ports: Record<string, number> = {};
const closers: (() => unknown)[] = [];

async function listen(name: string, server: net.Server): Promise<void> {
  server.on('connection', (socket) => {
    socket.on('error', () => {});
    closers.push(() => socket.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  ports[name] = (server.address() as AddressInfo).port;
  closers.push(() => server.close());
}

beforeAll(async () => {
  const closed = net.createServer();
  await listen('closed', closed);
  closed.close();
  await listen(
    'http',
    http.createServer((_request, response) => response.writeHead(404).end('not here')),
  );
  await listen(
    'a web page',
    http.createServer((_request, response) =>
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end('<!doctype html>'),
    ),
  );
  await listen(
    'https',
    https.createServer({ key, cert }, (_request, response) => response.end()),
  );
  await listen(
    'hang-up',
    net.createServer((socket) => socket.destroy()),
  );
  await listen('silence', net.createServer());
  await listen(
    'an upgrade',
    net.createServer((socket) => {
      socket.end('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n');
    }),
  );
  const servers = {
    grpc: new GrpcReceiver(),
    'grpc over TLS': new GrpcReceiver(ServerCredentials.createSsl(null, pair)),
  };
  for (const [name, receiver] of Object.entries(servers)) {
    ports[name] = (await receiver.start()).port;
    closers.push(() => receiver.stop());
  }
  const mutual = new GrpcReceiver(ServerCredentials.createSsl(Buffer.from(cert), pair, true));
  ports['grpc over mutual TLS'] = (await mutual.start()).port;
  closers.push(() => mutual.stop());
  const bare = new Server();
  ports['grpc without OTLP'] = await new Promise((resolve, reject) => {
    bare.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) =>
      error ? reject(error) : resolve(port),
    );
  });
  closers.push(() => bare.forceShutdown());
});
afterAll(() => {
  for (const close of closers.reverse()) close();
});

type Wire = 'otlp-grpc' | 'otlp-http';
type Outcome = 'ok' | readonly [code: string, reason: RegExp, retryable: boolean];

/** Exporter, scheme and host, server, certificates, what comes of it. */
const CASES: readonly (readonly [Wire, string, string, TlsConfig | undefined, Outcome])[] = [
  ['otlp-grpc', 'http://127.0.0.1', 'grpc', undefined, 'ok'],
  ['otlp-grpc', 'https://localhost', 'grpc over TLS', TRUSTED, 'ok'],
  ['otlp-grpc', 'https://localhost', 'grpc over mutual TLS', { ca: cert, cert, key }, 'ok'],
  ['otlp-grpc', 'http://127.0.0.1', 'closed', undefined, ['ECONNREFUSED', /nothing listens there/, true]],
  ['otlp-grpc', 'http://127.0.0.1', 'http', undefined, ['UNAVAILABLE', /does not speak gRPC/, true]],
  [
    'otlp-grpc',
    'http://127.0.0.1',
    'https',
    undefined,
    ['UNAVAILABLE', /closed as soon as it is opened/, true],
  ],
  ['otlp-grpc', 'https://localhost', 'https', TRUSTED, ['UNAVAILABLE', /does not speak gRPC/, true]],
  ['otlp-grpc', 'https://localhost', 'http', TRUSTED, ['EPROTO', /disagree about TLS/, true]],
  ['otlp-grpc', 'https://localhost', 'grpc', TRUSTED, ['EPROTO', /disagree about TLS/, true]],
  ['otlp-grpc', 'http://127.0.0.1', 'grpc over TLS', undefined, ['UNAVAILABLE', /closed as soon/, true]],
  [
    'otlp-grpc',
    'https://localhost',
    'grpc over TLS',
    undefined,
    ['DEPTH_ZERO_SELF_SIGNED_CERT', /not trusted/, true],
  ],
  [
    'otlp-grpc',
    'https://localhost',
    'grpc over mutual TLS',
    TRUSTED,
    ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', /client certificate/, true],
  ],
  [
    'otlp-grpc',
    'http://127.0.0.1',
    'grpc without OTLP',
    undefined,
    ['UNIMPLEMENTED', /no OTLP trace service/, false],
  ],
  ['otlp-grpc', 'http://127.0.0.1', 'hang-up', undefined, ['UNAVAILABLE', /closed as soon/, true]],
  ['otlp-grpc', 'http://127.0.0.1', 'silence', undefined, ['DEADLINE_EXCEEDED', /within 1500 ms/, true]],
  ['otlp-http', 'https://localhost', 'https', TRUSTED, 'ok'],
  ['otlp-http', 'http://127.0.0.1', 'closed', undefined, ['ECONNREFUSED', /nothing listens there/, true]],
  ['otlp-http', 'http://127.0.0.1', 'http', undefined, ['HTTP 404', /no OTLP traces endpoint/, false]],
  ['otlp-http', 'http://127.0.0.1', 'a web page', undefined, ['HTTP 200', /a web page answers/, false]],
  ['otlp-http', 'http://127.0.0.1', 'an upgrade', undefined, ['HTTP 101', /no OTLP traces endpoint/, false]],
  ['otlp-http', 'http://127.0.0.1', 'grpc', undefined, ['HPE_INVALID_CONSTANT', /does not speak HTTP/, true]],
  ['otlp-http', 'https://localhost', 'grpc over TLS', TRUSTED, ['HTTP 403', /does not speak HTTP/, true]],
  ['otlp-http', 'http://127.0.0.1', 'https', undefined, ['ECONNRESET', /connection was closed/, true]],
  ['otlp-http', 'https://localhost', 'http', TRUSTED, ['EPROTO', /disagree about TLS/, true]],
  [
    'otlp-http',
    'https://localhost',
    'https',
    undefined,
    ['DEPTH_ZERO_SELF_SIGNED_CERT', /not trusted/, true],
  ],
  ['otlp-http', 'http://127.0.0.1', 'hang-up', undefined, ['ECONNRESET', /connection was closed/, true]],
  ['otlp-http', 'http://127.0.0.1', 'silence', undefined, ['ETIMEDOUT', /within 1500 ms/, true]],
];

async function sendOnce(config: OtlpExporterConfig): Promise<SendResult> {
  const transport = await openTransport(config);
  try {
    return await transport.sendRequest(Buffer.alloc(0), LIMIT_MILLIS);
  } finally {
    transport.close();
  }
}

describe('one request', () => {
  it.each(CASES)('%s to %s, where %s listens', async (type, origin, server, tls, expected) => {
    const result = await sendOnce({ type, url: `${origin}:${ports[server]}`, ...(tls && { tls }) });
    if (expected === 'ok') {
      expect(result).toMatchObject({ ok: true, rejected: 0 });
      return;
    }
    const [code, reason, retryable] = expected;
    expect(result).toMatchObject({
      ok: false,
      failure: { code, reason: expect.stringMatching(reason), retryable, hint: expect.any(String) },
    });
  });

  it.each(['otlp-grpc', 'otlp-http'] as const)('to a host that does not exist (%s)', async (type) => {
    const result = await sendOnce({ type, url: 'http://no-such-host.invalid:4317' });
    expect(result).toMatchObject({
      ok: false,
      failure: { code: expect.stringMatching(/^(ENOTFOUND|EAI_AGAIN)$/) },
    });
  });

  it.each(['otlp-grpc', 'otlp-http'] as const)(
    'fails when the transport is closed, and nothing throws (%s)',
    async (type) => {
      const transport = await openTransport({ type, url: `http://127.0.0.1:${ports['silence']}` });
      const sent = transport.sendRequest(Buffer.alloc(0));
      transport.close();
      expect(await sent).toMatchObject({ ok: false });
      transport.close();
    },
  );
});

describe('a connection that was used before', () => {
  it('is not followed by another when the transport is closed', async () => {
    const receiver = await new HttpReceiver().start();
    closers.push(() => receiver.stop());
    const transport = await openTransport({ type: 'otlp-http', url: receiver.url });
    expect(await transport.sendRequest(Buffer.alloc(0))).toMatchObject({ ok: true });
    const asked = new Promise<void>((resolve) => {
      receiver.answer = () => {
        resolve();
        return 'hang';
      };
    });
    const sent = transport.sendRequest(Buffer.alloc(0), LIMIT_MILLIS);
    await asked;
    const begun = performance.now();
    transport.close();
    expect(await sent).toMatchObject({ ok: false });
    expect(performance.now() - begun).toBeLessThan(LIMIT_MILLIS / 2);
    expect(receiver.requests).toHaveLength(2);
  });

  it('is given up when it answers nothing, although another exporter shares it (gRPC)', async () => {
    const receiver = await new GrpcReceiver().start();
    closers.push(() => receiver.stop());
    const connections: { broken: boolean }[] = [];
    const network = net.createServer((near) => {
      const connection = { broken: false };
      connections.push(connection);
      const far = net.connect(receiver.port, '127.0.0.1');
      closers.push(() => far.destroy());
      near.on('data', (bytes) => connection.broken || far.write(bytes));
      far.on('data', (bytes) => connection.broken || near.write(bytes));
    });
    await listen('a network', network);
    const url = `http://127.0.0.1:${ports['a network']}`;
    const [one, idle] = [
      await openTransport({ type: 'otlp-grpc', url }),
      await openTransport({ type: 'otlp-grpc', url }),
    ];
    expect([await one.sendRequest(Buffer.alloc(0)), await idle.sendRequest(Buffer.alloc(0))]).toMatchObject([
      { ok: true },
      { ok: true },
    ]);
    for (const connection of connections) connection.broken = true;
    expect(await one.sendRequest(Buffer.alloc(0), 200)).toMatchObject({ ok: false });
    expect(await one.sendRequest(Buffer.alloc(0), LIMIT_MILLIS)).toMatchObject({ ok: true });
    one.close();
    idle.close();
  });
});

describe('credentials', () => {
  it('of an address go into the Authorization header and are not shown', async () => {
    const receiver = await new HttpReceiver().start();
    closers.push(() => receiver.stop());
    const url = receiver.url.replace('//', '//user:p%40ss@');
    const transport = await openTransport({ type: 'otlp-http', url });
    expect(await transport.sendRequest(Buffer.alloc(0))).toMatchObject({ ok: true });
    expect(transport.target).toBe(receiver.url);
    expect(receiver.requests[0]?.headers['authorization']).toBe(`Basic ${btoa('user:p@ss')}`);
    transport.close();
  });

  it.each(['otlp-grpc', 'otlp-http'] as const)(
    'that cannot be sent are named but not shown (%s)',
    async (type) => {
      const opened = openTransport({ type, headers: { 'x-api-key': 'secret\nvalue' } });
      await expect(opened).rejects.toThrow(TelemetryConfigError);
      await expect(opened).rejects.toMatchObject({
        code: 'TELEMETRY_EXPORTER_UNBUILDABLE',
        path: 'exporter.headers.x-api-key',
        message: expect.not.stringContaining('secret\n'),
      });
    },
  );

  it('that a receiver repeats are masked', async () => {
    const receiver = await new GrpcReceiver().start();
    closers.push(() => receiver.stop());
    receiver.answer = () => ({ ok: false, status: 16, message: 'unknown key abc-123-def' });
    const result = await sendOnce({
      type: 'otlp-grpc',
      url: receiver.url,
      headers: { 'x-api-key': 'abc-123-def' },
    });
    expect(result).toMatchObject({
      ok: false,
      failure: { reason: expect.stringContaining('unknown key ****') },
    });
  });
});

describe('what cannot be opened', () => {
  it.each([
    ['an address without a scheme', { type: 'otlp-grpc', url: 'collector:4317' }, 'exporter.url'],
    ['another scheme', { type: 'otlp-http', url: 'ftp://collector' }, 'exporter.url'],
    [
      'a broken certificate over gRPC',
      { type: 'otlp-grpc', url: 'https://x', tls: { ca: 'no' } },
      'exporter.tls',
    ],
    ['a key without certificate', { type: 'otlp-grpc', url: 'https://x', tls: { key } }, 'exporter.tls'],
    [
      'a broken key over HTTP',
      { type: 'otlp-http', url: 'https://x', tls: { cert, key: 'no' } },
      'exporter.tls',
    ],
  ] as const)('%s says which option is wrong', async (_what, config, path) => {
    await expect(openTransport(config)).rejects.toMatchObject({
      code: 'TELEMETRY_EXPORTER_UNBUILDABLE',
      path,
    });
  });
});
