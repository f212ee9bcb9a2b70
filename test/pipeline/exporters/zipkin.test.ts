import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ExportResultCode, type ExportResult } from '@opentelemetry/core';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace-base';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { loadZipkinExporter } from '../../../src/pipeline/exporters/zipkin.js';
import { loadOptionalPeer } from '../../../src/base/optional-peer.js';
import { at, START, tracingInto } from './tracing-into.js';

interface Received {
  readonly path: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: unknown;
}

let server: Server;
let url: string;
let received: Received[];
let answer: number;

beforeEach(async () => {
  received = [];
  answer = 202;
  server = createServer((request, response) => {
    let text = '';
    request.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    request.on('end', () => {
      received.push({ path: request.url, headers: request.headers, body: JSON.parse(text) });
      response.writeHead(answer).end();
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(async () => {
  vi.unstubAllEnvs();
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});

function oneSpan(): ReadableSpan[] {
  const spans: ReadableSpan[] = [];
  tracingInto((span) => spans.push(span))
    .start('work', 0, { attributes: { 'order.id': 42 } })
    .end(at(1));
  return spans;
}

function exported(exporter: SpanExporter): Promise<ExportResult> {
  return new Promise((resolve) => exporter.export(oneSpan(), resolve));
}

describe('the zipkin exporter', () => {
  it('delivers to the configured address with the configured headers, whatever the environment says', async () => {
    vi.stubEnv('OTEL_EXPORTER_ZIPKIN_ENDPOINT', 'http://127.0.0.1:1/other');
    vi.stubEnv('OTEL_EXPORTER_OTLP_HEADERS', 'authorization=leaked');
    vi.stubEnv('OTEL_SERVICE_NAME', 'other-service');
    const exporter = await loadZipkinExporter({
      type: 'zipkin',
      url: `${url}/api/v2/spans`,
      headers: { authorization: 'Basic abc' },
    });
    expect(await exported(exporter)).toEqual({ code: ExportResultCode.SUCCESS });
    await exporter.shutdown();

    expect(received).toEqual([
      {
        path: '/api/v2/spans',
        headers: expect.objectContaining({ authorization: 'Basic abc', 'content-type': 'application/json' }),
        body: [
          {
            traceId: '00000000000000000000000000000001',
            id: '0000000000000001',
            name: 'work',
            timestamp: START * 1000,
            duration: 1000,
            localEndpoint: { serviceName: 'orders' },
            tags: { 'order.id': '42', 'service.name': 'orders' },
          },
        ],
      },
    ]);
  });

  it('sends to the default address, not to the one in the environment, when no url is given', async () => {
    vi.stubEnv('OTEL_EXPORTER_ZIPKIN_ENDPOINT', `${url}/leaked`);
    const exporter = await loadZipkinExporter({ type: 'zipkin' });
    // Nothing listens there in a test; what matters is that our server was not asked.
    await exported(exporter);
    await exporter.shutdown();
    expect(received).toEqual([]);
  });

  it('reports a refusal with its HTTP status, and a dead server with its code', async () => {
    answer = 401;
    const exporter = await loadZipkinExporter({ type: 'zipkin', url });
    expect(await exported(exporter)).toMatchObject({ code: ExportResultCode.FAILED, error: { code: 401 } });
    await exporter.shutdown();

    const dead = await loadZipkinExporter({ type: 'zipkin', url: 'http://127.0.0.1:1' });
    expect(await exported(dead)).toMatchObject({
      code: ExportResultCode.FAILED,
      error: { code: 'ECONNREFUSED' },
    });
    await dead.shutdown();
  });
});

describe('an optional package', () => {
  it('that is missing gives the install command', async () => {
    const absent: string = '@acme/not-there';
    const error: unknown = await loadOptionalPeer(
      '@acme/not-there',
      '1.2.3',
      'exporter.type',
      () => import(absent),
    ).catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      name: 'TelemetryConfigError',
      code: 'TELEMETRY_PACKAGE_MISSING',
      path: 'exporter.type',
      message:
        'Expected `exporter.type` to be something that is installed (it needs the optional package @acme/not-there), ' +
        'got nothing. Run `npm install @acme/not-there@1.2.3`.',
    });
  });

  it('that throws while loading says so and keeps the cause', async () => {
    const cause = new Error('broken build');
    const error: unknown = await loadOptionalPeer('acme', '1.2.3', 'exporter.type', () =>
      Promise.reject(cause),
    ).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'TELEMETRY_PACKAGE_MISSING', path: 'exporter.type', cause });
  });
});
