import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { InMemorySpanExporter, type Sampler, SamplingDecision } from '@opentelemetry/sdk-trace-base';
import { expect, it, onTestFinished } from 'vitest';
import { TelemetryConfigError } from '../../src/index.js';
import { SpanRecorder } from '../../src/testing/index.js';
import { newManager } from './new-manager.js';

it('lets a tracer that was taken at start-up follow to the next configuration', async () => {
  const [before, after] = [new SpanRecorder(), new SpanRecorder()];
  const manager = await newManager({ exporter: before });
  const tracer = manager.getTracer('service');
  tracer.startSpan('one').end();

  await manager.reconfigure({ exporter: after });
  tracer.startSpan('two').end();

  expect(before.tree()).toEqual([{ name: 'one', children: [] }]);
  expect(after.tree()).toEqual([{ name: 'two', children: [] }]);
});

it('delivers a span that was alive at the swap by the generation that it began in, children included', async () => {
  const [before, after] = [new SpanRecorder(), new SpanRecorder()];
  const manager = await newManager({ exporter: before, resourceAttributes: { stage: 'before' } });
  const parent = manager.startSpan('parent');

  const report = await manager.reconfigure({ exporter: after, resourceAttributes: { stage: 'after' } });
  manager.startSpan('child', { parent }).end();
  manager.startSpan('other').end();
  parent.end();

  expect(report).toMatchObject({ generation: 2, draining: 1 });
  expect(report.changed).toContain('resourceAttributes');
  expect(await report.drained).toBe(2);
  expect(before.tree()).toEqual([{ name: 'parent', children: [{ name: 'child', children: [] }] }]);
  expect(after.tree()).toEqual([{ name: 'other', children: [] }]);
  expect(before.span('parent').resource.attributes.stage).toBe('before');
  expect(after.span('other').resource.attributes.stage).toBe('after');
});

it.each([0, 1])(
  'has closed the old exporter when `drained` resolves, %d spans being alive at the swap',
  async (alive) => {
    const calls: string[] = [];
    const slow = {
      export: (_spans: unknown, done: (result: { code: number }) => void) => {
        setImmediate(() => {
          calls.push('exported');
          done({ code: 0 });
        });
      },
      shutdown: async () => {
        await nextTurn();
        calls.push('closed');
      },
    };
    const manager = await newManager({ exporter: slow });
    const span = manager.startSpan('span');
    if (alive === 0) span.end();
    const { drained } = await manager.reconfigure({ exporter: new SpanRecorder() });
    span.end();
    expect([await drained, calls]).toEqual([alive, ['exported', 'closed']]);
    expect(manager.status()).toMatchObject({ spans: { ended: 1, delivered: 1 }, drainingGenerations: 0 });
  },
);

it('applies concurrent changes in the order of the calls', async () => {
  const manager = await newManager({ exporter: new SpanRecorder() });
  const live: number[] = [];
  await Promise.all(
    [0.1, 0.2, 0.3].map(async (sampler) => {
      await manager.reconfigure({ sampler });
      live.push(manager.config().sampler as number);
    }),
  );
  expect(live).toEqual([0.1, 0.2, 0.3]);
  expect(manager.status().generation).toBe(4);
});

it('derives the next configuration from the current one with a function', async () => {
  const manager = await newManager({ exporter: new SpanRecorder(), resourceAttributes: { a: 1 } });
  await manager.reconfigure((current) => ({
    ...current,
    resourceAttributes: { ...current.resourceAttributes, b: 2 },
  }));
  expect(manager.config().resourceAttributes).toEqual({ a: 1, b: 2 });
});

it('treats a second configure as a reconfiguration of everything', async () => {
  const [before, after] = [new SpanRecorder(), new SpanRecorder()];
  const manager = await newManager({ exporter: before, resourceAttributes: { a: 1 } });
  await manager.configure({ service: { name: 'next' }, exporter: after });
  manager.startSpan('span').end();
  expect(after.span('span').resource.attributes).toMatchObject({ 'service.name': 'next' });
  expect(after.span('span').resource.attributes.a).toBeUndefined();
});

it('makes no-op spans after shutdown, and works again after configure', async () => {
  const recorder = new SpanRecorder();
  const manager = await newManager({ exporter: recorder });
  await manager.shutdown();
  expect(manager.isConfigured()).toBe(false);
  expect(manager.withSpan('nowhere', (span) => span.isRecording())).toBe(false);

  await manager.configure({ service: { name: 'test' }, exporter: recorder });
  manager.startSpan('again').end();
  expect(recorder.tree()).toEqual([{ name: 'again', children: [] }]);
});

it('refuses a change that comes after the shutdown, and stays shut down', async () => {
  const manager = await newManager({ exporter: new SpanRecorder() });
  await manager.shutdown();
  await expect(manager.reconfigure({ sampler: 0.5 })).rejects.toMatchObject({ code: 'TELEMETRY_SHUT_DOWN' });
  await expect(manager.addExporter({ type: 'memory' })).rejects.toMatchObject({
    code: 'TELEMETRY_SHUT_DOWN',
  });
  expect(manager.isConfigured()).toBe(false);
});

it.each([
  ['a url without a scheme', { exporter: { type: 'otlp-grpc', url: 'localhost:4317' } }, 'exporter.url'],
  ['a ratio over 1', { sampler: 1.5 }, 'sampler'],
  ['an unknown option', { smapler: 1 }, 'smapler'],
  [
    'a header with quotes',
    { exporter: { type: 'otlp-http', headers: { api_key: '"secret-1"' } } },
    'exporter.headers.api_key',
  ],
  [
    'half of a client certificate',
    { exporter: { type: 'otlp-grpc', url: 'https://localhost:1', tls: { cert: 'x' } } },
    'exporter.tls',
  ],
])('rejects %s with its path and changes nothing', async (_what, change, path) => {
  const recorder = new SpanRecorder();
  const manager = await newManager({ exporter: recorder });
  const error = await manager.reconfigure(change as never).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(TelemetryConfigError);
  expect((error as TelemetryConfigError).path).toContain(path);
  expect((error as TelemetryConfigError).message).not.toContain('secret-1');
  manager.startSpan('still here').end();
  expect(manager.status().generation).toBe(1);
  expect(recorder.tree()).toEqual([{ name: 'still here', children: [] }]);
});

it('rejects a change whose function throws and changes nothing', async () => {
  const recorder = new SpanRecorder();
  const manager = await newManager({ exporter: recorder });
  await expect(
    manager.reconfigure(() => {
      throw new Error('factory');
    }),
  ).rejects.toThrow('factory');
  await manager.reconfigure({ sampler: 0.5 });
  expect(manager.status().generation).toBe(2);
});

it('opens no connection for a change of sampler, masking or attributes', async () => {
  let connections = 0;
  const server = createServer((request, response) => {
    request.resume().on('end', () => response.setHeader('content-type', 'application/x-protobuf').end());
  }).on('connection', () => (connections += 1));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const manager = await newManager({ exporter: { type: 'otlp-http', url } });
  onTestFinished(() => manager.shutdown());

  for (const change of [
    {},
    { sampler: 0.9 },
    { resourceAttributes: { a: 1 } },
    { masking: { keys: ['x'] } },
    { sampler: 1 },
  ]) {
    await manager.reconfigure(change);
    manager.startSpan('span', { root: true }).end();
    await manager.forceFlush();
  }

  expect(connections).toBe(1);
  expect(manager.status().exporters).toHaveLength(1);
});

/** Notes what it is told. */
function notingProcessor() {
  const calls: string[] = [];
  const processor = {
    onStart: () => undefined,
    onEnd: (span: { name: string }) => calls.push(span.name),
    forceFlush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(void calls.push('shutdown')),
  };
  return { calls, processor };
}

it('keeps a span processor alive that the next generation uses too, and shuts it down when none does', async () => {
  const { calls, processor } = notingProcessor();
  const manager = await newManager({ exporter: new SpanRecorder(), spanProcessors: [processor] });
  await (
    await manager.reconfigure({ sampler: 0.999999 })
  ).drained;
  manager.startSpan('kept').end();
  await (
    await manager.reconfigure({ spanProcessors: [] })
  ).drained;
  expect(calls).toEqual(['kept', 'shutdown']);
});

it('shuts a span processor of several open generations down once', async () => {
  const { calls, processor } = notingProcessor();
  const manager = await newManager({ exporter: new SpanRecorder(), spanProcessors: [processor] });
  manager.startSpan('keeps the first generation open');
  await manager.reconfigure({ sampler: 0.999999 });
  await manager.shutdown();
  expect(calls).toEqual(['shutdown']);
});

it('shuts an exporter given in code down once no generation uses it', async () => {
  const [first, second] = [new InMemorySpanExporter(), new InMemorySpanExporter()];
  const manager = await newManager({ exporter: first });
  manager.startSpan('span').end();
  await manager.forceFlush();
  expect(first.getFinishedSpans().map(({ name }) => name)).toEqual(['span']);
  await (
    await manager.reconfigure({ exporter: second })
  ).drained;
  expect(first.getFinishedSpans()).toEqual([]);
  await manager.shutdown();
});

it('turns an instance on and off while it runs', async () => {
  const recorder = new SpanRecorder();
  const manager = await newManager({ enabled: false, exporter: recorder });
  manager.startSpan('off').end();
  await manager.reconfigure({ enabled: true });
  manager.startSpan('on').end();
  await manager.reconfigure({ enabled: false });
  manager.startSpan('off').end();
  expect(recorder.tree()).toEqual([{ name: 'on', children: [] }]);
});

it('counts what ends in a generation that had to be closed', async () => {
  const manager = await newManager({ exporter: new SpanRecorder() });
  const forgotten = manager.startSpan('forgotten');
  for (let index = 0; index < 40; index += 1) {
    manager.startSpan('open');
    await manager.reconfigure({ resourceAttributes: { index } });
  }
  expect(manager.status().drainingGenerations).toBeLessThanOrEqual(32);
  forgotten.end();
  const { ended, delivered, queued, dropped } = manager.status().spans;
  expect(dropped).toEqual({ generation_closed: 1 });
  expect(ended).toBe(delivered + queued + 1);
});

it('survives a sampler that throws', async () => {
  const recorder = new SpanRecorder();
  const sampler: Sampler = {
    shouldSample: () => {
      throw new Error('sampler');
    },
    toString: () => 'throwing',
  };
  const manager = await newManager({ exporter: recorder, sampler });
  manager.startSpan('kept').end();
  await manager.reconfigure({
    sampler: { shouldSample: () => ({ decision: SamplingDecision.NOT_RECORD }), toString: () => 'off' },
  });
  manager.startSpan('gone').end();
  expect(recorder.tree()).toEqual([{ name: 'kept', children: [] }]);
});
