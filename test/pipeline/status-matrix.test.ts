import { once } from 'node:events';
import http2 from 'node:http2';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { GRPC_STATUS_NAMES } from '../../src/base/grpc-status.js';
import { openSink } from '../../src/pipeline/open-sink.js';
import type { ExporterStatus, SpanSink } from '../../src/pipeline/span-sink.js';
import { rpcStatus } from './support/grpc-details.js';
import { LogLines } from './support/log-lines.js';
import { GrpcReceiver, HttpReceiver, type Answer, type Receiver } from './support/otlp-receiver.js';
import { makeSpan, unaccounted } from './support/span-fixture.js';

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

interface Trial {
  readonly receiver: Receiver;
  readonly sink: SpanSink;
  readonly log: LogLines;
}

/** A sink with one batch of ten spans on its way to a receiver that answers so once and then accepts. */
async function trial(type: 'otlp-grpc' | 'otlp-http' | 'otlp-http-json', answer: Answer): Promise<Trial> {
  const receiver: Receiver = type === 'otlp-grpc' ? new GrpcReceiver() : new HttpReceiver();
  await receiver.start();
  receiver.answer = () => (receiver.requests.length === 1 ? answer : { ok: true });
  const log = new LogLines();
  const { url } = receiver as HttpReceiver;
  const sink = await openSink(
    { type, url },
    { batch: { maxExportBatchSize: 10, scheduledDelayMillis: 5 }, log, instance: 'app' },
  );
  cleanups.push(
    () => receiver.stop(),
    () => sink.shutdown(100),
  );
  for (let index = 0; index < 10; index++) sink.acceptSpan(makeSpan());
  return { receiver, sink, log };
}

async function settled(sink: SpanSink): Promise<ExporterStatus> {
  await vi.waitFor(() => expect(sink.status().queuedSpans).toBe(0), { timeout: 5_000, interval: 5 });
  const status = sink.status();
  expect(unaccounted(status)).toBe(0);
  return status;
}

const RETRYABLE_GRPC = [1, 4, 10, 11, 14, 15];
const DESTINATION_GRPC = [5, 7, 12, 16];

describe('gRPC', () => {
  it.each(GRPC_STATUS_NAMES.map((name, code) => [name, code] as const).slice(1))(
    'treats %s as the specification says',
    async (name, code) => {
      const { receiver, sink, log } = await trial('otlp-grpc', { ok: false, status: code, message: 'words' });
      const status = await settled(sink);
      if (RETRYABLE_GRPC.includes(code)) {
        expect(status).toMatchObject({ delivered: 10, dropped: {}, retries: 1, breaker: 'closed' });
        expect(receiver.requests).toHaveLength(2);
      } else {
        const blamed = DESTINATION_GRPC.includes(code);
        expect(status).toMatchObject({
          delivered: 0,
          dropped: { [blamed ? 'permanent_error' : 'rejected']: 10 },
          retries: 0,
          breaker: blamed ? 'open' : 'closed',
        });
        expect(receiver.requests).toHaveLength(1);
      }
      expect(status.lastError?.code).toBe(name);
      expect(log.lines[0]).toContain(`words (${name})`);
    },
  );

  it('retries RESOURCE_EXHAUSTED with RetryInfo, after the delay that it asks for', async () => {
    const details = rpcStatus(8, 'slow down', 700);
    const { receiver, sink } = await trial('otlp-grpc', {
      ok: false,
      status: 8,
      message: 'slow down',
      details,
    });
    expect(await settled(sink)).toMatchObject({ delivered: 10, retries: 1 });
    expect(receiver.requests[1]!.at - receiver.requests[0]!.at).toBeGreaterThanOrEqual(690);
  });

  it('waits as long as UNAVAILABLE asks in RetryInfo, even when flushed', async () => {
    const details = rpcStatus(14, 'soon', 600);
    const { receiver, sink } = await trial('otlp-grpc', { ok: false, status: 14, details });
    await vi.waitFor(() => expect(sink.status().breaker).toBe('open'));
    await sink.forceFlush();
    expect(sink.status()).toMatchObject({ delivered: 10 });
    expect(receiver.requests[1]!.at - receiver.requests[0]!.at).toBeGreaterThanOrEqual(590);
  });
});

const RETRYABLE_HTTP = [429, 502, 503, 504];
const DESTINATION_HTTP = [301, 302, 307, 308, 401, 402, 403, 404, 405, 407, 410, 415, 421, 426, 501, 505];
const OTHER_HTTP = [400, 406, 408, 409, 411, 412, 414, 418, 422, 425, 428, 431, 451, 500, 507, 511];

describe('HTTP', () => {
  it.each([...RETRYABLE_HTTP, ...DESTINATION_HTTP, ...OTHER_HTTP])(
    'treats %d as the specification says',
    async (code) => {
      const { receiver, sink, log } = await trial('otlp-http', { ok: false, status: code });
      const status = await settled(sink);
      if (RETRYABLE_HTTP.includes(code)) {
        expect(status).toMatchObject({ delivered: 10, dropped: {}, retries: 1, breaker: 'closed' });
      } else {
        const blamed = DESTINATION_HTTP.includes(code);
        expect(status).toMatchObject({
          delivered: 0,
          dropped: { [blamed ? 'permanent_error' : 'rejected']: 10 },
          retries: 0,
          breaker: blamed ? 'open' : 'closed',
        });
        expect(receiver.requests).toHaveLength(1);
      }
      expect(status.lastError?.code).toBe(`HTTP ${code}`);
      expect(log.lines[0]).toContain(`(HTTP ${code})`);
    },
  );

  it.each([
    ['seconds', () => '1', 990],
    ['a date', () => new Date(Date.now() + 2_000).toUTCString(), 900],
  ])('waits as long as Retry-After asks in %s', async (_form, value, atLeast) => {
    const headers = { 'retry-after': value() };
    const { receiver, sink } = await trial('otlp-http', { ok: false, status: 503, headers });
    expect(await settled(sink)).toMatchObject({ delivered: 10, retries: 1 });
    expect(receiver.requests[1]!.at - receiver.requests[0]!.at).toBeGreaterThanOrEqual(atLeast);
  });

  it('waits as long as RetryInfo in the body asks', async () => {
    const details = rpcStatus(14, 'soon', 600);
    const { receiver, sink } = await trial('otlp-http', { ok: false, status: 503, details });
    expect(await settled(sink)).toMatchObject({ delivered: 10, retries: 1 });
    expect(receiver.requests[1]!.at - receiver.requests[0]!.at).toBeGreaterThanOrEqual(590);
  });

  it('makes one last attempt when it is closed, however long a RetryInfo asks to wait', async () => {
    const details = rpcStatus(14, 'next year', 31_536_000_000);
    const { receiver, sink } = await trial('otlp-http', { ok: false, status: 503, details });
    await vi.waitFor(() => expect(sink.status().breaker).toBe('open'));
    expect(receiver.requests).toHaveLength(1);
    await sink.shutdown(2_000);
    expect(receiver.requests).toHaveLength(2);
    expect(sink.status()).toMatchObject({ delivered: 10, retries: 1, dropped: {} });
  });

  it('takes a RetryInfo below zero for none', async () => {
    const details = rpcStatus(14, 'yesterday', -5_000);
    const { sink } = await trial('otlp-http', { ok: false, status: 503, details });
    expect(await settled(sink)).toMatchObject({ delivered: 10, retries: 1 });
  });

  it('tries again when the receiver drops the connection', async () => {
    const { sink, receiver } = await trial('otlp-http', 'disconnect');
    expect(await settled(sink)).toMatchObject({ delivered: 10, dropped: {} });
    expect(receiver.acknowledged.size).toBe(10);
  });
});

describe('partial success', () => {
  it.each(['otlp-grpc', 'otlp-http'] as const)('counts what the receiver refused (%s)', async (type) => {
    const { sink, log } = await trial(type, {
      ok: true,
      partial: { rejectedSpans: 3, errorMessage: 'too old' },
    });
    expect(await settled(sink)).toMatchObject({ delivered: 7, dropped: { rejected: 3 }, breaker: 'closed' });
    expect(log.lines).toEqual([expect.stringMatching(/the receiver refused 3 spans: too old\.$/)]);
  });

  it.each(['otlp-grpc', 'otlp-http', 'otlp-http-json'] as const)(
    'takes a number of refused spans below zero for none (%s)',
    async (type) => {
      const { sink } = await trial(type, { ok: true, partial: { rejectedSpans: -5, errorMessage: 'odd' } });
      expect(await settled(sink)).toMatchObject({ delivered: 10, dropped: {}, breaker: 'closed' });
    },
  );

  it('treats a warning without refused spans as a success', async () => {
    const { sink, log } = await trial('otlp-grpc', {
      ok: true,
      partial: { rejectedSpans: 0, errorMessage: 'old version' },
    });
    expect(await settled(sink)).toMatchObject({ delivered: 10, dropped: {} });
    expect(log.lines).toEqual([expect.stringMatching(/the receiver warns: old version\.$/)]);
  });
});

describe('a request over the size limit', () => {
  it.each([
    ['otlp-grpc', 8, 'grpc: received message larger than max (6200000 vs. 4194304)', undefined],
    ['otlp-http', 413, 'too large', undefined],
    ['otlp-http', 400, 'http: request body too large', 'text/plain; charset=utf-8'],
    ['otlp-http', 400, '{"message":"request body exceeds the limit"}', 'application/json'],
    ['otlp-http', 400, rpcStatus(3, 'http: request body too large'), 'application/x-protobuf'],
  ] as const)('is halved until it fits (%s %s %s)', async (type, status, words, contentType) => {
    const receiver: Receiver = type === 'otlp-grpc' ? new GrpcReceiver() : new HttpReceiver();
    await receiver.start();
    const refusal: Answer = {
      ok: false,
      status,
      ...(typeof words === 'string' ? { message: words } : { details: words }),
      ...(contentType !== undefined && { headers: { 'content-type': contentType } }),
    };
    receiver.answer = ({ bytes }) => (bytes > 20_000 ? refusal : { ok: true });
    const log = new LogLines();
    const { url } = receiver as HttpReceiver;
    const sink = await openSink({ type, url }, { batch: {}, log, instance: 'app' });
    cleanups.push(
      () => receiver.stop(),
      () => sink.shutdown(100),
    );
    for (let index = 0; index < 100; index++)
      sink.acceptSpan(makeSpan({ attributes: { body: 'x'.repeat(1_500) } }));
    sink.acceptSpan(makeSpan({ name: 'fat', attributes: { body: 'x'.repeat(30_000) } }));
    await sink.forceFlush();
    expect(sink.status()).toMatchObject({
      ended: 101,
      delivered: 100,
      dropped: { too_large: 1 },
      queuedSpans: 0,
    });
    expect(receiver.acknowledged.size).toBe(100);
    expect(receiver.duplicates).toBe(0);
  });
});

describe('an answer that is not of an OTLP receiver', () => {
  it.each([
    ['a web page', '\0<html>It works!</html>'],
    ['bytes that look like a huge length', '\0\xff\xff\xff\xff'],
  ])('is not taken for a request over the size limit (%s)', async (_name, body) => {
    let requests = 0;
    const server = http2.createServer();
    const sessions = new Set<http2.ServerHttp2Session>();
    server.on('session', (session) => sessions.add(session));
    server.on('stream', (stream) => {
      requests += 1;
      stream.on('error', () => undefined);
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' });
      stream.end(Buffer.from(body, 'latin1'));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const log = new LogLines();
    const sink = await openSink(
      { type: 'otlp-grpc', url: `http://127.0.0.1:${port}` },
      { batch: { maxExportBatchSize: 10 }, log, instance: 'app' },
    );
    cleanups.push(
      async () => {
        for (const session of sessions) session.destroy();
        server.close();
        return Promise.resolve();
      },
      () => sink.shutdown(100),
    );
    for (let index = 0; index < 10; index++) sink.acceptSpan(makeSpan());
    expect(await settled(sink)).toMatchObject({
      delivered: 0,
      dropped: { permanent_error: 10 },
      breaker: 'open',
    });
    expect(requests).toBe(1);
    expect(log.lines[0]).toContain('the answer is not that of an OTLP receiver');
  });
});

describe('a receiver that takes no answer in time', () => {
  it.each(['otlp-grpc', 'otlp-http'] as const)(
    'gets the spans again on a new connection (%s)',
    async (type) => {
      const receiver: Receiver = type === 'otlp-grpc' ? new GrpcReceiver() : new HttpReceiver();
      await receiver.start();
      receiver.answer = () => (receiver.requests.length === 1 ? 'hang' : { ok: true });
      const { url } = receiver as HttpReceiver;
      const log = new LogLines();
      const sink = await openSink({ type, url, timeoutMillis: 200 }, { batch: {}, log, instance: 'app' });
      cleanups.push(
        () => receiver.stop(),
        () => sink.shutdown(100),
      );
      sink.acceptSpan(makeSpan());
      await sink.forceFlush();
      expect(sink.status()).toMatchObject({ delivered: 1, retries: 1 });
      expect(log.lines[0]).toContain('it did not answer within 200 ms');
    },
  );
});

describe('retrying', () => {
  it('gives a batch up that the receiver never takes while it takes others', async () => {
    const receiver = await new HttpReceiver().start();
    receiver.answer = ({ names }) => (names.includes('poison') ? { ok: false, status: 503 } : { ok: true });
    const log = new LogLines();
    const sink = await openSink(
      { type: 'otlp-http', url: receiver.url },
      { batch: { maxExportBatchSize: 1, maxRetryMillis: 300 }, log, instance: 'app' },
    );
    cleanups.push(
      () => receiver.stop(),
      () => sink.shutdown(100),
    );
    sink.acceptSpan(makeSpan({ name: 'poison' }));
    for (let index = 0; index < 20; index++) sink.acceptSpan(makeSpan());
    await vi.waitFor(
      () => {
        sink.acceptSpan(makeSpan());
        expect(sink.status().dropped).toEqual({ retries_exhausted: 1 });
      },
      { timeout: 10_000 },
    );
    const { delivered, ended } = await settled(sink);
    expect(delivered).toBe(ended - 1);
  });

  it('goes on for as long as the receiver takes nothing at all', async () => {
    const receiver = await new HttpReceiver().start();
    let away = true;
    receiver.answer = () => (away ? { ok: false, status: 503 } : { ok: true });
    const sink = await openSink(
      { type: 'otlp-http', url: receiver.url },
      { batch: { maxExportBatchSize: 1, maxRetryMillis: 100 }, log: new LogLines(), instance: 'app' },
    );
    cleanups.push(
      () => receiver.stop(),
      () => sink.shutdown(100),
    );
    sink.acceptSpan(makeSpan());
    await vi.waitFor(() => expect(receiver.requests.length).toBeGreaterThan(4), { timeout: 10_000 });
    away = false;
    expect(await settled(sink)).toMatchObject({ delivered: 1, dropped: {} });
  });
});
