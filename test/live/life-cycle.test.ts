import { inspect } from 'node:util';
import { InMemorySpanExporter, type SpanExporter, type SpanProcessor } from '@opentelemetry/sdk-trace-base';
import { expect, it } from 'vitest';
import { TelemetryConfigError } from '../../src/index.js';
import { Pipeline } from '../../src/pipeline/pipeline.js';
import { TracerManager } from '../../src/tracing/tracer-manager.js';
import { SpanRecorder } from '../../src/testing/index.js';
import { LogLines, newManager } from './new-manager.js';

it('keeps an exporter given in code usable while telemetry is off', async () => {
  const mine = new InMemorySpanExporter();
  const manager = await newManager({ exporter: mine });
  await (
    await manager.reconfigure({ enabled: false })
  ).drained;
  await manager.reconfigure({ enabled: true });
  manager.startSpan('on again').end();
  await manager.forceFlush();
  expect(mine.getFinishedSpans().map(({ name }) => name)).toEqual(['on again']);
});

it('counts the spans of a recorder that comes back once', async () => {
  const recorder = new SpanRecorder();
  const manager = await newManager({ exporter: recorder });
  manager.startSpan('first').end();
  for (const exporter of [new SpanRecorder(), recorder]) {
    await (
      await manager.reconfigure({ exporter })
    ).drained;
    expect(manager.status().spans).toMatchObject({ ended: 1, delivered: 1 });
  }
  manager.startSpan('second').end();
  expect(manager.status().spans).toMatchObject({ ended: 2, delivered: 2 });
  const other = await newManager({ exporter: recorder });
  expect(other.status().spans).toMatchObject({ ended: 0, delivered: 0 });
});

it('tells another instance of an exporter as a change', async () => {
  const manager = await newManager({ exporter: new InMemorySpanExporter() });
  const { changed } = await manager.reconfigure({ exporter: new InMemorySpanExporter() });
  expect(changed).toEqual(['exporter']);
  expect((await manager.reconfigure({})).changed).toEqual([]);
});

it.each([
  ['nothing', undefined],
  ['null', null],
  ['a number', 7],
  ['a list', []],
  ['a promise', Promise.resolve({ sampler: 1 })],
  ['an async function', () => Promise.resolve({ sampler: 1 })],
  ['a function without a result', () => undefined],
])('refuses %s as a change', async (_what, change) => {
  const manager = await newManager({ exporter: new SpanRecorder() });
  await expect(manager.reconfigure(change as never)).rejects.toBeInstanceOf(TelemetryConfigError);
  expect(manager.status().generation).toBe(1);
});

it('does not keep what a refused function wrote into the configuration that it was given', async () => {
  const manager = await newManager({ exporter: new SpanRecorder(), resourceAttributes: { a: 1 } });
  await manager
    .reconfigure((current) =>
      Object.assign(current, {
        sampler: 7,
        resourceAttributes: Object.assign(current.resourceAttributes!, { b: 2 }),
      }),
    )
    .catch(() => undefined);
  await manager.reconfigure({ resourceAttributes: { c: 3 } });
  expect(manager.config().resourceAttributes).toEqual({ a: 1, c: 3 });
});

it('waits at a shutdown for a replaced configuration whose processor is slow to close', async () => {
  const delivered: string[] = [];
  let closed!: () => void;
  const slow = {
    onStart: () => undefined,
    onEnd: () => undefined,
    forceFlush: () => Promise.resolve(),
    shutdown: () =>
      new Promise<void>((resolve) => {
        closed = resolve;
      }),
  };
  const exporter: SpanExporter = {
    export: (spans, callback) => {
      delivered.push(...spans.map(({ name }) => name));
      callback({ code: 0 });
    },
    shutdown: () => Promise.resolve(),
  };
  const manager = await newManager({ exporter, spanProcessors: [slow] });
  manager.startSpan('span').end();
  await manager.reconfigure({ exporter: new SpanRecorder(), spanProcessors: [] });
  const shutdown = manager.shutdown();
  closed();
  await shutdown;
  expect(delivered).toEqual(['span']);
  expect(manager.status().spans).toMatchObject({ ended: 1, delivered: 1, queued: 0 });
});

it('flushes within the limit of an export although a processor hangs', async () => {
  const hanging: SpanProcessor = {
    onStart: () => {},
    onEnd: () => {},
    forceFlush: () => new Promise(() => {}),
    shutdown: () => Promise.resolve(),
  };
  const recorder = new SpanRecorder();
  const manager = await newManager({
    exporter: recorder,
    spanProcessors: [hanging],
    batch: { exportTimeoutMillis: 50 },
  });
  manager.startSpan('span').end();
  const begun = performance.now();
  await manager.forceFlush();
  expect(performance.now() - begun).toBeLessThan(5_000);
  expect(manager.status().spans).toMatchObject({ delivered: 1 });
});

it('builds nothing for a flow with a temporary configuration that outlives a shutdown', async () => {
  const manager = await newManager({ exporter: new SpanRecorder() });
  let recorded: boolean | undefined;
  let go!: () => void;
  const turn = new Promise<void>((resolve) => {
    go = resolve;
  });
  const flow = manager.withTemporaryConfig({ exporter: { type: 'memory' } }, async () => {
    manager.startSpan('before').end();
    await turn;
    recorded = manager.startSpan('after').isRecording();
  });
  await manager.shutdown();
  go();
  await flow;
  expect(recorded).toBe(false);
  expect(manager.status()).toMatchObject({ exporters: [], temporaryConfigs: 0 });
});

it('runs a function under a temporary configuration where nothing was configured', () => {
  const log = new LogLines();
  const manager = new TracerManager(
    new Pipeline({ instance: 'test', log, env: {}, closeTimeoutMillis: 1000 }),
  );
  const recording = manager.withTemporaryConfig({ sampler: 1 }, () =>
    manager.startSpan('span').isRecording(),
  );
  expect(recording).toBe(false);
  expect(() => manager.withTemporaryConfig({ sampler: 7 }, () => 1)).toThrow(TelemetryConfigError);
});

it('shows no credential to whoever prints a manager or a span', async () => {
  const secret = 'canary-1';
  const manager = await newManager(
    {
      exporter: {
        type: 'otlp-http',
        url: `http://user:${secret}@127.0.0.1:9/?token=${secret}`,
        headers: { authorization: secret },
      },
    },
    { tenants: { config: () => ({ exporter: { type: 'otlp-grpc', headers: { 'x-key': secret } } }) } },
  );
  const span = manager.startSpan('span');
  const ofTenant = manager.withTenant('acme', () => manager.startSpan('span'));
  for (const shown of [manager, span, ofTenant]) {
    expect(inspect(shown, { depth: Infinity, showHidden: true })).not.toContain(secret);
    expect(JSON.stringify(shown)).not.toContain(secret);
  }
  await manager.shutdown();
});
