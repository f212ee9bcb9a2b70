import { createServer, type Server } from 'node:net';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { TelemetryStatus, TracerConfig, TracerManager } from '../../src/index.js';
import { SpanRecorder } from '../../src/testing/index.js';
import { HttpReceiver } from '../pipeline/support/otlp-receiver.js';
import { newManager } from './new-manager.js';

const never = (): Promise<TracerConfig> => new Promise(() => undefined);

/** Checks the accounting identity, and gives the sums. */
function account(manager: TracerManager): TelemetryStatus['spans'] & { queuedBytes: number } {
  const { spans, exporters } = manager.status();
  const dropped = Object.values(spans.dropped).reduce((sum, count) => sum + count, 0);
  expect(spans.ended).toBe(spans.delivered + dropped + spans.queued);
  return { ...spans, queuedBytes: exporters.reduce((sum, { queuedBytes }) => sum + queuedBytes, 0) };
}

function end(manager: TracerManager, tenant: string, characters = 10): void {
  manager.withTenant(tenant, () => {
    manager.startSpan('span', { attributes: { text: 'x'.repeat(characters) } }).end();
  });
}

it('holds no more spans for tenants that are being looked up than a queue would', async () => {
  const manager = await newManager(
    { exporter: new SpanRecorder(), batch: { maxQueueSize: 100, maxExportBatchSize: 100 } },
    { tenants: { config: never } },
  );
  for (let index = 0; index < 1_000; index += 1) {
    end(manager, `tenant-${index % 7}`);
    account(manager);
  }
  expect(account(manager)).toMatchObject({ ended: 1_000, queued: 100, dropped: { queue_full: 900 } });
  expect(manager.status().exporters.map(({ exporter, queuedSpans }) => [exporter, queuedSpans])).toEqual([
    ['recorder', 0],
    ['tenant look-up', 100],
  ]);
  await manager.shutdown();
  expect(account(manager)).toMatchObject({ queued: 0, queuedBytes: 0, dropped: { shutdown: 100 } });
});

it('holds no more bytes for them, and takes nothing from a tenant with few', async () => {
  const manager = await newManager(
    { exporter: new SpanRecorder(), batch: { maxQueueBytes: 256 * 1_024 } },
    { tenants: { config: never } },
  );
  end(manager, 'quiet');
  for (let index = 0; index < 500; index += 1) end(manager, 'loud', 5_000);
  end(manager, 'late', 5_000);
  const { queued, queuedBytes, dropped } = account(manager);
  expect(queuedBytes).toBeGreaterThan(200 * 1_024);
  expect(queuedBytes).toBeLessThanOrEqual(256 * 1_024);
  expect(dropped).toEqual({ queue_bytes: 502 - queued });
});

it('delivers what waited, once the look-up is over, and counts what is waiting for an exporter to open', async () => {
  const acme = new SpanRecorder();
  let tell!: (config: TracerConfig) => void;
  const manager = await newManager(
    { exporter: { type: 'none' } },
    { tenants: { config: () => new Promise((resolve) => (tell = resolve)) } },
  );
  for (let index = 0; index < 10; index += 1) end(manager, 'acme');
  expect(account(manager)).toMatchObject({ ended: 10, queued: 10 });
  tell({ exporter: acme });
  while (acme.spans().length < 10) {
    account(manager);
    await nextTurn();
  }
  await manager.forceFlush();
  expect(account(manager)).toMatchObject({
    ended: 10,
    delivered: 10,
    queued: 0,
    queuedBytes: 0,
    dropped: {},
  });
});

it('flushes within exportTimeoutMillis, whatever hangs, and delivers what does not', async () => {
  const recorder = new SpanRecorder();
  const manager = await newManager(
    { exporter: recorder, batch: { exportTimeoutMillis: 300 } },
    { tenants: { config: never } },
  );
  manager.startSpan('of the default').end();
  end(manager, 'hangs');
  const begun = performance.now();
  await manager.forceFlush();
  expect(performance.now() - begun).toBeLessThan(1_500);
  expect(recorder.spans().map(({ name }) => name)).toEqual(['of the default']);
});

it('keeps a bounded number of overrides by tenant', async () => {
  const manager = await newManager(
    { exporter: { type: 'none' } },
    { tenants: { config: () => ({ exporter: { type: 'none' } }) } },
  );
  for (let index = 0; index < 1_100; index += 1)
    await manager.override({ sampler: 0 }, { forMillis: 60_000, tenant: `t${index}` });
  const { overrides } = manager.status();
  expect([overrides.length, overrides[0]?.tenant, overrides.at(-1)?.tenant]).toEqual([
    1_000,
    't100',
    't1099',
  ]);
  end(manager, 't0');
  end(manager, 't1099');
  expect(account(manager).ended).toBe(1);
});

it('keeps the connections of evicted tenants bounded, and counts their spans', async () => {
  const silent = await listen(createServer((socket) => socket.on('error', () => undefined).resume()));
  const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
  const manager = await newManager(
    { exporter: { type: 'none' } },
    {
      tenants: {
        maxActive: 5,
        config: (key) => ({ exporter: { type: 'otlp-http', url, headers: { 'x-tenant': key } } }),
      },
    },
  );
  onTestFinished(() => manager.shutdown());
  let [exporters, sockets] = [0, 0];
  for (let index = 0; index < 600; index += 1) {
    end(manager, `tenant-${index}`);
    if (index % 10 === 0) {
      await nextTurn();
      account(manager);
      exporters = Math.max(exporters, manager.status().exporters.length);
      sockets = Math.max(
        sockets,
        process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length,
      );
    }
  }
  expect(exporters).toBeLessThan(5 + 64 + 40);
  // Both ends are in this process.
  expect(sockets).toBeLessThan(2 * (5 + 64 + 40));
  await manager.shutdown();
  expect(account(manager)).toMatchObject({ ended: 600, delivered: 0, queued: 0, dropped: { shutdown: 600 } });
});

describe('tenants with an exporter each, of a receiver that answers', () => {
  it.each([
    ['evicted in one turn of the event loop', 400, 5],
    ['open at a shutdown', 100, 100],
  ])('lose nothing (%s)', async (_name, tenants, maxActive) => {
    const receiver = await new HttpReceiver().start();
    let mostSockets = 0;
    receiver.answer = async () => {
      mostSockets = Math.max(mostSockets, receiver.openSockets);
      await nextTurn();
      return { ok: true };
    };
    onTestFinished(() => receiver.stop());
    const manager = await newManager(
      { exporter: { type: 'none' } },
      {
        tenants: {
          maxActive,
          config: (key) => ({
            exporter: { type: 'otlp-http', url: receiver.url, headers: { 'x-tenant': key } },
          }),
        },
        // However busy the machine is, the limit is not what ends the deliveries.
        closeTimeoutMillis: 30_000,
      },
    );
    for (let index = 0; index < tenants; index += 1) end(manager, `tenant-${index}`);
    if (maxActive < tenants) {
      await vi.waitFor(() => expect(account(manager).delivered).toBe(tenants - maxActive), {
        timeout: 20_000,
      });
      expect(mostSockets).toBeLessThanOrEqual(64 + maxActive);
    }
    await manager.shutdown();
    expect(account(manager)).toMatchObject({ ended: tenants, delivered: tenants, queued: 0 });
    expect(receiver.requests).toHaveLength(tenants);
    expect(manager.status().exporters).toEqual([]);
  });
});

it('closes within its time while evicted tenants wait for a receiver that is silent', async () => {
  const silent = await listen(createServer((socket) => socket.on('error', () => undefined).resume()));
  const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
  const manager = await newManager(
    { exporter: { type: 'none' } },
    {
      tenants: {
        maxActive: 5,
        config: (key) => ({ exporter: { type: 'otlp-http', url, headers: { 'x-tenant': key } } }),
      },
    },
  );
  for (let index = 0; index < 600; index += 1) end(manager, `tenant-${index}`);
  await vi.waitFor(() => {
    expect(manager.status().exporters.map(({ exporter }) => exporter)).toContain('evicted tenants');
  });
  account(manager);
  const begun = performance.now();
  await manager.shutdown();
  expect(performance.now() - begun).toBeLessThan(4_000);
  expect(account(manager)).toMatchObject({ ended: 600, queued: 0, dropped: { shutdown: 600 } });
});

async function listen(server: Server): Promise<Server> {
  const sockets = new Set<{ destroy: () => void }>();
  server.on('connection', (socket) => sockets.add(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return server;
}
