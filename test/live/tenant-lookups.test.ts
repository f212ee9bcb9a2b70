import { setImmediate as nextTurn } from 'node:timers/promises';
import { Controller, Get } from '@nestjs/common';
import { expect, it, onTestFinished } from 'vitest';
import type { TenantOptions, TracerConfig } from '../../src/index.js';
import { SpanRecorder } from '../../src/testing/index.js';
import { startApp } from '../support/test-app.js';
import { LogLines, newManager } from './new-manager.js';

@Controller('work')
class WorkController {
  @Get() work(): string {
    return 'done';
  }
}

const names = (recorder: SpanRecorder): string[] => recorder.spans().map(({ name }) => name);

type Found = TracerConfig | undefined;

/** A look-up that ends when it is told to. */
function lookup(): { promise: Promise<Found>; found: (config: Found) => void } {
  let found!: (config: Found) => void;
  const promise = new Promise<Found>((resolve) => {
    found = resolve;
  });
  return { promise, found };
}

it('delivers a span that began during the look-up and ended after its tenant was closed', async () => {
  const [acme, globex] = [new SpanRecorder(), new SpanRecorder()];
  const manager = await newManager(
    { exporter: new SpanRecorder() },
    {
      tenants: {
        maxActive: 1,
        config: (key) => Promise.resolve({ exporter: key === 'acme' ? acme : globex }),
      },
    },
  );
  const long = manager.withTenant('acme', () => manager.startSpan('long'));
  await manager.forceFlush();
  manager.withTenant('globex', () => {
    manager.startSpan('other').end();
  });
  await manager.forceFlush();
  long.end();
  await manager.forceFlush();
  expect([names(acme), names(globex)]).toEqual([['long'], ['other']]);
  expect(manager.status().spans.dropped).toEqual({});
});

it('sends a fallen-back span to the pipeline that is current when it ends', async () => {
  const [before, after] = [new SpanRecorder(), new SpanRecorder()];
  const manager = await newManager(
    { exporter: before },
    { tenants: { config: () => Promise.resolve(undefined) } },
  );
  const long = manager.withTenant('ghost', () => manager.startSpan('long'));
  await manager.forceFlush();
  await (
    await manager.reconfigure({ exporter: after })
  ).drained;
  long.end();
  await manager.forceFlush();
  expect([names(before), names(after)]).toEqual([[], ['long']]);
});

it('counts what it held for a tenant that turns out to be unknown', async () => {
  const manager = await newManager(
    { exporter: new SpanRecorder() },
    { tenants: { fallback: 'drop', config: () => Promise.resolve(undefined) } },
  );
  manager.withTenant('ghost', () => {
    manager.startSpan('span').end();
  });
  await manager.forceFlush();
  expect(manager.status().spans).toMatchObject({ ended: 1, queued: 0, dropped: { tenant_unknown: 1 } });
});

it('is waited for by a shutdown, whose spans are delivered then', async () => {
  const acme = new SpanRecorder();
  const { promise, found } = lookup();
  const manager = await newManager({ exporter: new SpanRecorder() }, { tenants: { config: () => promise } });
  manager.withTenant('acme', () => {
    manager.startSpan('span').end();
  });
  const shutdown = manager.shutdown();
  await nextTurn();
  found({ exporter: acme });
  await shutdown;
  expect(names(acme)).toEqual(['span']);
});

it('that never ends leaves nothing behind at a shutdown', async () => {
  const { promise, found } = lookup();
  const manager = await newManager({ exporter: new SpanRecorder() }, { tenants: { config: () => promise } });
  const late = manager.withTenant('acme', () => {
    manager.startSpan('span').end();
    return manager.startSpan('late');
  });
  await manager.shutdown();
  expect(manager.status().spans).toMatchObject({ ended: 1, queued: 0, dropped: { shutdown: 1 } });
  found({ exporter: { type: 'memory' } });
  await nextTurn();
  late.end();
  expect(manager.status()).toMatchObject({
    spans: { ended: 2, queued: 0, dropped: { shutdown: 2 } },
    activeTenants: 0,
    exporters: [],
  });
});

it('is not begun for more tenants than can be waited for', async () => {
  let asked = 0;
  const everybody = new SpanRecorder();
  const log = new LogLines();
  const manager = await newManager(
    { exporter: everybody },
    {
      log,
      tenants: {
        maxActive: 2,
        config: () => {
          asked += 1;
          return new Promise<undefined>(() => undefined);
        },
      },
    },
  );
  for (let index = 0; index < 100; index += 1) {
    manager.withTenant(`tenant-${index}`, () => {
      manager.startSpan('span').end();
    });
  }
  expect(asked).toBe(8);
  expect(manager.status().spans).toMatchObject({ ended: 8, queued: 8 });
  expect(names(everybody)).toEqual([]);
  expect(log.lines).toHaveLength(1);
});

it('keeps a temporary configuration inside its tenant', async () => {
  const [everybody, acme] = [new SpanRecorder(), new SpanRecorder()];
  const { promise, found } = lookup();
  const manager = await newManager({ exporter: everybody }, { tenants: { config: () => promise } });
  const flow = manager.withTenant('acme', () =>
    manager.withTemporaryConfig({ resourceAttributes: { debug: true } }, async () => {
      manager.startSpan('early').end();
      await promise;
      await nextTurn();
      manager.startSpan('later').end();
    }),
  );
  found({ exporter: acme });
  await flow;
  expect([names(acme), names(everybody)]).toEqual([['early', 'later'], []]);
  expect(acme.span('later').resource.attributes.debug).toBe(true);
});

it('lets a temporary configuration of a dropped tenant reach nobody', async () => {
  const everybody = new SpanRecorder();
  const tenants: TenantOptions = { fallback: 'drop', config: () => undefined };
  const manager = await newManager({ exporter: everybody }, { tenants });
  manager.withTenant('ghost', () => {
    manager.withTemporaryConfig({ resourceAttributes: { debug: true } }, () => {
      manager.startSpan('span').end();
    });
  });
  expect(names(everybody)).toEqual([]);
});

it('takes a thenable for a promise, and `null` for nobody', async () => {
  const acme = new SpanRecorder();
  const everybody = new SpanRecorder();
  const query = {
    then: (resolve: (config: TracerConfig) => void) => {
      resolve({ exporter: acme });
    },
  };
  const manager = await newManager(
    { exporter: everybody },
    { tenants: { config: (key) => (key === 'acme' ? query : null) as never } },
  );
  for (const key of ['acme', 'ghost']) {
    manager.withTenant(key, () => {
      manager.startSpan(key).end();
    });
  }
  await manager.forceFlush();
  expect([names(acme), names(everybody)]).toEqual([['acme'], ['ghost']]);
});

it.each([7, [], () => 1])('takes %j for no configuration', async (config) => {
  const everybody = new SpanRecorder();
  const manager = await newManager(
    { exporter: everybody },
    { tenants: { fallback: 'drop', config: () => config as never } },
  );
  manager.withTenant('acme', () => {
    manager.startSpan('span').end();
  });
  expect(names(everybody)).toEqual([]);
});

it('takes a `resolve` that rejects for one that names nobody', async () => {
  const unhandled: unknown[] = [];
  const note = (reason: unknown): void => void unhandled.push(reason);
  process.on('unhandledRejection', note);
  onTestFinished(() => void process.off('unhandledRejection', note));
  const { get, recorder } = await startApp({
    controllers: [WorkController],
    telemetry: {
      tenants: { resolve: (() => Promise.reject(new Error('who'))) as never, config: () => ({}) },
    },
  }).then((app) => ({ get: () => app.get('/work'), recorder: app.recorder }));
  await get();
  await recorder.waitFor('GET /work');
  expect(unhandled).toEqual([]);
});

it.each(['throws', 'rejects', 'is wrong'])('keeps what a tenant had when asking again %s', async (how) => {
  const [everybody, acme] = [new SpanRecorder(), new SpanRecorder()];
  let again = false;
  const config = (): TracerConfig | Promise<TracerConfig> => {
    if (!again) return { exporter: acme };
    if (how === 'rejects') return Promise.reject(new Error('database'));
    if (how === 'is wrong') return { sampler: 7 };
    throw new Error('database');
  };
  const manager = await newManager({ exporter: everybody }, { tenants: { config } });
  const span = (name: string): void =>
    manager.withTenant('acme', () => {
      manager.startSpan(name).end();
    });
  span('before');
  again = true;
  await manager.reconfigure({ resourceAttributes: { release: 2 } });
  span('after');
  await manager.forceFlush();
  span('later');
  expect([names(acme), names(everybody)]).toEqual([['before', 'after', 'later'], []]);
  expect(acme.span('later').resource.attributes.release).toBe(2);
});

it.each(['at once', 'later'])(
  'has spans of its own outside of the flow that waits, where it answers %s',
  async (when) => {
    const [acme, everybody] = [new SpanRecorder(), new SpanRecorder()];
    let asked = 0;
    const config = (): TracerConfig | Promise<TracerConfig> => {
      asked += 1;
      return manager.withSpan('look-up', () =>
        when === 'later'
          ? nextTurn().then(() => manager.withSpan('query', () => ({ exporter: acme })))
          : manager.withSpan('query', () => ({ exporter: acme })),
      );
    };
    const manager = await newManager({ exporter: everybody }, { tenants: { config } });

    manager.withSpan('request', () =>
      manager.withTenant('acme', () => {
        manager.startSpan('job').end();
      }),
    );
    await manager.forceFlush();

    expect([asked, names(acme)]).toEqual([1, ['job']]);
    expect(everybody.tree()).toEqual(
      expect.arrayContaining([
        { name: 'request', children: [] },
        { name: 'look-up', children: [{ name: 'query', children: [] }] },
      ]),
    );
    expect(manager.status().spans).toMatchObject({ live: 0, ended: 4 });
  },
);
