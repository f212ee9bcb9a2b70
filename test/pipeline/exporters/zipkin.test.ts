import { SpanKind } from '@opentelemetry/api';
import { describe, expect, it, vi } from 'vitest';
import { TracerManager as Manager } from '../../../src/tracing/tracer-manager.js';
import { loadOptionalPeer } from '../../../src/base/optional-peer.js';
import { Pipeline } from '../../../src/pipeline/pipeline.js';
import { LogLines } from '../../live/new-manager.js';
import { ZipkinReceiver } from '../support/zipkin-receiver.js';

async function managerFor(url: string | undefined, log = new LogLines()): Promise<Manager> {
  const pipeline = new Pipeline({ instance: 'test', log, env: {}, closeTimeoutMillis: 500 });
  const manager = new Manager(pipeline);
  await manager.configure({
    service: { name: 'orders', instanceId: 'one' },
    exporter: {
      type: 'zipkin',
      ...(url !== undefined && { url }),
      headers: { authorization: 'Basic abcdefgh' },
    },
    batch: { scheduledDelayMillis: 10 },
  });
  return manager;
}

describe('the zipkin exporter', () => {
  it('delivers what a real Zipkin takes: whole microseconds, and no span without a length', async () => {
    vi.stubEnv('OTEL_EXPORTER_ZIPKIN_ENDPOINT', 'http://127.0.0.1:1/other');
    const receiver = await ZipkinReceiver.start();
    const manager = await managerFor(`${receiver.url}/api/v2/spans`);
    const start = 1_763_600_000_000.125;
    const span = manager.startSpan('work', {
      startTime: start,
      kind: SpanKind.SERVER,
      attributes: { 'order.id': 42 },
    });
    span.addEvent('tick', start + 0.000_3);
    span.end(start + 1.000_3);
    manager.startSpan('instant', { startTime: start }).end(start);
    manager.withSpan('as an app makes them', () => undefined);
    await manager.forceFlush();
    expect(manager.status().spans).toMatchObject({ ended: 3, delivered: 3, dropped: {} });
    expect(receiver.requests).toHaveLength(1);
    const [{ path, headers, spans } = {} as never] = receiver.requests;
    expect([path, headers['content-type'], headers.authorization]).toEqual([
      '/api/v2/spans',
      'application/json',
      'Basic abcdefgh',
    ]);
    expect(spans[0]).toMatchObject({
      traceId: expect.stringMatching(/^[0-9a-f]{32}$/),
      id: expect.stringMatching(/^[0-9a-f]{16}$/),
      name: 'work',
      kind: 'SERVER',
      timestamp: Math.floor(start * 1000),
      duration: 1000,
      localEndpoint: { serviceName: 'orders' },
      tags: { 'order.id': '42', 'service.name': 'orders' },
      annotations: [{ timestamp: Math.floor(start * 1000), value: 'tick' }],
    });
    expect(spans[1]).toMatchObject({ name: 'instant', duration: 1 });
    await manager.shutdown();
    vi.unstubAllEnvs();
  });

  it('finds the path at an address without one, and verifies with a span such as an app’s', async () => {
    const receiver = await ZipkinReceiver.start();
    const manager = await managerFor(receiver.url);
    expect(await manager.verifyExport()).toMatchObject({
      ok: true,
      protocol: 'zipkin',
      target: `${receiver.url}/api/v2/spans`,
    });
    const [{ spans: [span] } = {} as never] = receiver.requests;
    expect(span).toMatchObject({ name: 'nestjs-telemetry verify export', duration: expect.any(Number) });
    expect(span?.['duration']).toBeGreaterThan(0);
    await manager.shutdown();
  });

  it.each<[number, string, RegExp, string]>([
    [400, 'Expected a long but was 1.5 reading List<Span>', /Expected a long but was 1\.5/, 'rejected'],
    [401, 'bad Basic abcdefgh', /credentials: bad \*\*\*\*/, 'permanent_error'],
    [302, '', /redirects, which Zipkin does not follow/, 'permanent_error'],
    [404, '', /no Zipkin endpoint for spans at this address/, 'permanent_error'],
  ])('says what Zipkin says with %d, and where', async (status, body, words, reason) => {
    const receiver = await ZipkinReceiver.start();
    receiver.answer = { status, body };
    const log = new LogLines();
    const manager = await managerFor(`${receiver.url}/api/v2/spans`, log);
    manager.startSpan('work').end();
    await manager.forceFlush();
    const [exporter] = manager.status().exporters;
    expect(exporter).toMatchObject({
      target: `${receiver.url}/api/v2/spans`,
      dropped: { [reason]: 1 },
      lastError: { code: `HTTP ${status}`, reason: expect.stringMatching(words) },
    });
    const told = log.lines.join('\n');
    expect(told).toMatch(words);
    expect(told).toContain(`zipkin to ${receiver.url}/api/v2/spans`);
    expect(told).not.toContain('abcdefgh');
    await manager.shutdown();
  });

  it('keeps spans while nothing listens at the default address', async () => {
    const manager = await managerFor('http://127.0.0.1:1');
    manager.startSpan('work').end();
    await vi.waitFor(() =>
      expect(manager.status().exporters[0]).toMatchObject({
        queuedSpans: 1,
        lastError: { code: 'ECONNREFUSED' },
      }),
    );
    await manager.shutdown();
  });
});

describe('an optional package', () => {
  it('that is missing gives the install command', async () => {
    const absent: string = '@acme/not-there';
    const error: unknown = await loadOptionalPeer(
      { name: '@acme/not-there', version: '1.2.3', path: 'exporter.type' },
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
    const error: unknown = await loadOptionalPeer(
      { name: 'acme', version: '1.2.3', path: 'exporter.type' },
      () => Promise.reject(cause),
    ).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'TELEMETRY_PACKAGE_MISSING', path: 'exporter.type', cause });
  });
});
