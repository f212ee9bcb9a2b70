import { createRequire } from 'node:module';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { ExporterConfig } from '../../src/config/exporter-config.js';
import { openSink } from '../../src/pipeline/open-sink.js';
import type { SpanSink } from '../../src/pipeline/span-sink.js';
import { collectGarbage } from '../support/collect-garbage.js';
import { LogLines } from './support/log-lines.js';
import { GrpcReceiver, HttpReceiver, type Receiver } from './support/otlp-receiver.js';
import { makeSpan, unaccounted } from './support/span-fixture.js';

const require = createRequire(import.meta.url);
const { MockOtlpServer } = require('@elastic/mockotlpserver') as { MockOtlpServer: any };

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function open(config: ExporterConfig, batch: object = {}): Promise<{ sink: SpanSink; log: LogLines }> {
  const log = new LogLines();
  const sink = await openSink(config, { batch, log, instance: 'orders' });
  cleanups.push(() => sink.shutdown(500));
  return { sink, log };
}

async function started<T extends Receiver>(receiver: T): Promise<T> {
  await receiver.start();
  cleanups.push(() => receiver.stop());
  return receiver;
}

describe('a receiver that is not ours', () => {
  it.each(['otlp-grpc', 'otlp-http', 'otlp-http-json', 'jaeger'] as const)(
    'gets every span over %s',
    async (type) => {
      const traces: any[] = [];
      const requests: any[] = [];
      const server = new MockOtlpServer({
        logLevel: 'fatal',
        services: ['grpc', 'http'],
        grpcHostname: '127.0.0.1',
        grpcPort: 0,
        httpHostname: '127.0.0.1',
        httpPort: 0,
        onTrace: (trace: any) => traces.push(trace),
        onRequest: (request: any) => requests.push(request),
      });
      await server.start();
      cleanups.push(() => server.close());
      const http = type.startsWith('otlp-http');
      const url = http
        ? String(server.httpUrl).replace(/\/$/, '')
        : String(server.grpcUrl).replace(/\/$/, '');
      const { sink } = await open({ type, url, headers: { 'x-api-key': 'k-123' } });
      for (let index = 0; index < 600; index++) sink.acceptSpan(makeSpan());
      await sink.forceFlush();
      await vi.waitFor(() => expect(spansIn(traces)).toHaveLength(600));
      expect(sink.status()).toMatchObject({
        exporter: type,
        target: http ? `${url}/v1/traces` : url,
        ended: 600,
        delivered: 600,
        dropped: {},
        queuedSpans: 0,
        queuedBytes: 0,
        breaker: 'closed',
      });
      const header = http ? requests[0].headers['x-api-key'] : requests[0].metadata.get('x-api-key')[0];
      expect(header).toBe('k-123');
    },
  );
});

function spansIn(traces: any[]): any[] {
  return traces.flatMap((trace) =>
    trace.resourceSpans.flatMap((resource: any) => resource.scopeSpans.flatMap((scope: any) => scope.spans)),
  );
}

describe('compression', () => {
  it.each([
    ['otlp-grpc', () => new GrpcReceiver()],
    ['otlp-http', () => new HttpReceiver()],
    ['otlp-http-json', () => new HttpReceiver()],
  ] as const)('works with %s', async (type, build) => {
    const receiver = await started(build());
    const { sink } = await open({ type, url: receiver.url, compression: 'gzip' });
    for (let index = 0; index < 100; index++) sink.acceptSpan(makeSpan());
    await sink.forceFlush();
    expect(sink.status().delivered).toBe(100);
    expect(receiver.acknowledged.size).toBe(100);
  });
});

describe('forceFlush', () => {
  it('resolves only after the receiver has acknowledged what was in flight', async () => {
    const receiver = await started(new GrpcReceiver());
    let answer: (() => void) | undefined;
    receiver.answer = () => new Promise((resolve) => (answer = () => resolve({ ok: true })));
    const { sink } = await open({ type: 'otlp-grpc', url: receiver.url });
    sink.acceptSpan(makeSpan());
    let flushed = false;
    const flush = sink.forceFlush().then(() => (flushed = true));
    await vi.waitFor(() => expect(receiver.requests).toHaveLength(1));
    expect(flushed).toBe(false);
    expect(sink.status()).toMatchObject({ ended: 1, delivered: 0, queuedSpans: 1, inFlightSpans: 1 });
    answer?.();
    await flush;
    expect(sink.status()).toMatchObject({ delivered: 1, queuedSpans: 0, inFlightSpans: 0 });
  });
});

describe('a collector that is away', () => {
  it.each([
    ['otlp-grpc', () => new GrpcReceiver()],
    ['otlp-http', () => new HttpReceiver()],
  ] as const)('gets everything when it returns (%s), with one line each', async (type, build) => {
    const receiver = await build().start();
    await receiver.stop();
    const { sink, log } = await open({ type, url: receiver.url }, { scheduledDelayMillis: 10 });
    for (let index = 0; index < 2_000; index++) sink.acceptSpan(makeSpan());
    await vi.waitFor(() => expect(sink.status().lastError?.code).toBe('ECONNREFUSED'));
    expect(sink.status()).toMatchObject({ delivered: 0, queuedSpans: 2_000, dropped: {} });
    await started(receiver);
    await vi.waitFor(() => expect(sink.status().delivered).toBe(2_000), { timeout: 5_000 });
    expect(receiver.duplicates).toBe(0);
    expect(unaccounted(sink.status())).toBe(0);
    expect(log.lines).toEqual([
      expect.stringMatching(
        /^orders: otlp-\w+ to http:.* export failed: nothing listens there \(ECONNREFUSED\)\. Start/,
      ),
      expect.stringMatching(/works again after [\d.]+ s; no span was lost\.$/),
    ]);
  });
});

describe('bad credentials', () => {
  it.each([
    ['otlp-grpc', () => new GrpcReceiver(), 16, 'UNAUTHENTICATED'],
    ['otlp-http', () => new HttpReceiver(), 401, 'HTTP 401'],
  ] as const)('are explained once and not retried (%s)', async (type, build, status, code) => {
    const receiver = await started(build());
    receiver.answer = () => ({ ok: false, status, message: 'bad token s3cr3t-t0ken' });
    const { sink, log } = await open(
      { type, url: receiver.url, headers: { authorization: 's3cr3t-t0ken' } },
      { scheduledDelayMillis: 10, maxExportBatchSize: 10, maxConcurrentExports: 1 },
    );
    for (let index = 0; index < 10; index++) sink.acceptSpan(makeSpan());
    await vi.waitFor(() => expect(sink.status().breaker).toBe('open'));
    for (let index = 0; index < 100; index++) sink.acceptSpan(makeSpan());
    expect(sink.status()).toMatchObject({ ended: 110, dropped: { permanent_error: 100 }, queuedSpans: 10 });
    expect(sink.status().lastError).toMatchObject({
      code,
      hint: expect.stringContaining('exporter.headers'),
    });
    expect(receiver.requests).toHaveLength(1);
    expect(log.lines).toHaveLength(1);
    expect(JSON.stringify([log.lines, sink.status()])).not.toContain('s3cr3t');
    receiver.answer = () => ({ ok: true });
    await sink.forceFlush();
    sink.acceptSpan(makeSpan());
    await sink.forceFlush();
    expect(sink.status()).toMatchObject({ delivered: 11, queuedSpans: 0, breaker: 'closed' });
    expect(log.lines[1]).toMatch(
      /works again after [\d.]+ s; 100 spans were dropped \(permanent_error 100\)\.$/,
    );
  });
});

describe('memory', () => {
  it('is that of the spans, however often somebody flushes while the receiver is away', async () => {
    const { sink } = await open(
      { type: 'otlp-http', url: 'http://127.0.0.1:9' },
      { exportTimeoutMillis: 60_000 },
    );
    collectGarbage();
    const before = process.memoryUsage().arrayBuffers;
    const flushes: Promise<void>[] = [];
    for (let index = 0; index < 500; index++) {
      sink.acceptSpan(makeSpan());
      flushes.push(sink.forceFlush());
    }
    expect(sink.status()).toMatchObject({ queuedSpans: 500 });
    // V8 frees buffers on a thread of its own.
    const kept = (): number => {
      collectGarbage();
      return process.memoryUsage().arrayBuffers - before;
    };
    await expect.poll(kept).toBeLessThan(2 * 1_024 * 1_024);
    await sink.shutdown(0);
    await Promise.all(flushes);
  });
});
