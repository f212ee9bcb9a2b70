import { setImmediate as nextTurn } from 'node:timers/promises';
import { InMemorySpanExporter } from '@opentelemetry/sdk-trace-base';
import { expect, it } from 'vitest';
import { TelemetryConfigError, TelemetryError } from '../../src/index.js';
import { Pipeline } from '../../src/pipeline/pipeline.js';
import { TracerManager } from '../../src/tracing/tracer-manager.js';
import { SpanRecorder } from '../../src/testing/index.js';
import { LogLines, newManager } from './new-manager.js';

it.each([
  ['another exporter', { exporter: new SpanRecorder() }],
  ['none', { exporter: { type: 'none' } as const }],
  ['telemetry switched off', { enabled: false }],
])('goes back to an exporter given in code after %s', async (_what, change) => {
  const mine = new InMemorySpanExporter();
  const manager = await newManager({ exporter: mine });
  const handle = await manager.override(change, { forMillis: 60_000 });
  manager.startSpan('overridden').end();
  await manager.forceFlush();
  await handle.revert();
  manager.startSpan('back').end();
  await manager.forceFlush();
  expect(mine.getFinishedSpans().map(({ name }) => name)).toEqual(['back']);
});

it('closes what stood behind an override once a reconfiguration has replaced it', async () => {
  const mine = new InMemorySpanExporter();
  const manager = await newManager({ exporter: mine });
  manager.startSpan('before').end();
  await manager.forceFlush();
  await manager.override({ exporter: { type: 'none' } }, { forMillis: 60_000 });
  expect(mine.getFinishedSpans()).toHaveLength(1);
  await manager.reconfigure({ exporter: { type: 'memory' } });
  await manager.forceFlush();
  expect(mine.getFinishedSpans()).toEqual([]);
  expect(manager.status().exporters.map(({ exporter }) => exporter)).toEqual(['memory']);
});

it('leaves nothing of its own behind in the exporters that another is added to', async () => {
  const manager = await newManager({});
  await manager.override({ exporter: { type: 'memory' } }, { forMillis: 60_000 });
  await manager.addExporter(new InMemorySpanExporter());
  await manager.forceFlush();
  expect(manager.status().exporters.map(({ exporter }) => exporter)).toEqual([
    'console',
    'InMemorySpanExporter',
  ]);
});

it('keeps the later of two when the first is reverted while the second is being built', async () => {
  const manager = await newManager({ exporter: new SpanRecorder() });
  const first = await manager.override({ sampler: 0.1 }, { forMillis: 60_000 });
  const [second] = await Promise.all([
    manager.override({ sampler: 0.2 }, { forMillis: 60_000 }),
    first.revert(),
  ]);
  expect(manager.config().sampler).toBe(0.2);
  expect(manager.status().overrides).toHaveLength(1);
  await second.revert();
  expect(manager.config().sampler).toBeUndefined();
});

it('ends even when the environment has become one that nothing can be built from', async () => {
  const env: NodeJS.ProcessEnv = { OTEL_SERVICE_NAME: 'test' };
  const log = new LogLines();
  const recorder = new SpanRecorder();
  const manager = new TracerManager(new Pipeline({ instance: 'test', log, env, closeTimeoutMillis: 1000 }));
  await manager.configure({ exporter: recorder });
  const handle = await manager.override({ enabled: false }, { forMillis: 60_000 });
  delete env.OTEL_SERVICE_NAME;
  await handle.revert();
  manager.startSpan('back').end();
  expect(recorder.tree()).toEqual([{ name: 'back', children: [] }]);
  expect(log.lines.join()).toContain('OTEL_SERVICE_NAME');
});

it('has nothing to override after a shutdown', async () => {
  const manager = await newManager({ exporter: new SpanRecorder() });
  await manager.shutdown();
  const error = await manager
    .override({ sampler: 1 }, { forMillis: 60_000 })
    .catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(TelemetryError);
  expect(error).toMatchObject({ code: 'TELEMETRY_SHUT_DOWN' });
  expect(manager.isConfigured()).toBe(false);
});

it('is refused for a tenant where there are none', async () => {
  const manager = await newManager({ exporter: new SpanRecorder() });
  await expect(manager.override({ sampler: 1 }, { forMillis: 60_000, tenant: 'acme' })).rejects.toMatchObject(
    {
      path: 'tenant',
    },
  );
  expect(manager.status().overrides).toEqual([]);
});

it.each(['', 'x'.repeat(257), 7 as never])('is refused for %j, which is no tenant', async (tenant) => {
  const manager = await newManager({ exporter: new SpanRecorder() }, { tenants: { config: () => ({}) } });
  const error = await manager
    .override({ sampler: 1 }, { forMillis: 60_000, tenant })
    .catch((e: unknown) => e);
  expect(error).toBeInstanceOf(TelemetryConfigError);
  expect(manager.status().overrides).toEqual([]);
});

it('of one tenant asks for no other’s configuration again', async () => {
  const asked: string[] = [];
  const manager = await newManager(
    { exporter: new SpanRecorder() },
    {
      tenants: {
        config: (key) => {
          asked.push(key);
          return {};
        },
      },
    },
  );
  const all = (): void => {
    for (const key of ['a', 'b', 'c']) {
      manager.withTenant(key, () => {
        manager.startSpan('span').end();
      });
    }
  };
  all();
  const handle = await manager.override({ sampler: 1 }, { forMillis: 60_000, tenant: 'a' });
  all();
  await handle.revert();
  await nextTurn();
  all();
  expect(asked).toEqual(['a', 'b', 'c', 'a', 'a']);
});

it('of a tenant ends with a reconfiguration, too', async () => {
  const [acme, debug] = [new SpanRecorder(), new SpanRecorder()];
  const manager = await newManager(
    { exporter: new SpanRecorder() },
    { tenants: { config: () => ({ exporter: acme }) } },
  );
  await manager.override({ exporter: debug }, { forMillis: 60_000, tenant: 'acme' });
  await manager.reconfigure({ resourceAttributes: { release: 2 } });
  manager.withTenant('acme', () => {
    manager.startSpan('span').end();
  });
  expect(manager.status().overrides).toEqual([]);
  expect([debug.tree(), acme.tree()]).toEqual([[], [{ name: 'span', children: [] }]]);
});
