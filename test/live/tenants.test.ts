import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  Controller,
  Get,
  Inject,
  Param,
  UseGuards,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Span, TracerManager, type TenantOptions } from '../../src/index.js';
import { SpanRecorder } from '../../src/testing/index.js';
import { collectGarbage } from '../support/collect-garbage.js';
import { ALL_SERVERS } from '../support/server-kinds.js';
import { startApp } from '../support/test-app.js';
import { LogLines, newManager } from './new-manager.js';

const names = (recorder: SpanRecorder): string[] => recorder.spans().map(({ name }) => name);

/** Records each tenant apart. */
class TenantRecorders {
  private readonly recorders = new Map<string, SpanRecorder>();
  of(key: string): SpanRecorder {
    let recorder = this.recorders.get(key);
    if (recorder === undefined) this.recorders.set(key, (recorder = new SpanRecorder()));
    return recorder;
  }
  get keys(): string[] {
    return [...this.recorders.keys()];
  }
}

const UNREADABLE_CERTIFICATE = {
  type: 'otlp-grpc',
  url: 'https://localhost:4317',
  tls: { ca: '-----BEGIN CERTIFICATE-----' },
} as const;

class UserGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<{ headers: Record<string, string>; user?: unknown }>();
    request.user = { tenant: request.headers['x-key'] };
    return true;
  }
}

class Work {
  @Span('work')
  async run(id: string): Promise<string> {
    await nextTurn();
    return id;
  }
}

@Controller('items')
@UseGuards(UserGuard)
class ItemsController {
  constructor(@Inject(Work) private readonly work: Work) {}
  @Get(':id') find(@Param('id') id: string): Promise<string> {
    return this.work.run(id);
  }
  @Get(':id/plain') plain(@Param('id') id: string): string {
    return id;
  }
}

describe.each(ALL_SERVERS)('$name', (server) => {
  it('sends a request to the tenant that a guard found, its server span included', async () => {
    const recorders = new TenantRecorders();
    let resolved = 0;
    const { recorder, get } = await app(recorders, (request) => {
      resolved += 1;
      return request.user?.tenant;
    });
    await get('/items/1', 'acme');
    await get('/items/2/plain', 'globex');
    await get('/items/3');
    await recorders.of('globex').waitFor('GET /items/:id/plain');
    await recorder.waitFor('GET /items/:id');
    expect(recorders.of('acme').tree()).toEqual([
      { name: 'GET /items/:id', children: [{ name: 'work', children: [] }] },
    ]);
    expect(
      recorders
        .of('acme')
        .spans()
        .map((span) => span.resource.attributes.tenant),
    ).toEqual(['acme', 'acme']);
    expect(recorders.of('globex').tree()).toEqual([{ name: 'GET /items/:id/plain', children: [] }]);
    expect(recorder.tree()).toEqual([{ name: 'GET /items/:id', children: [{ name: 'work', children: [] }] }]);
    expect(resolved).toBe(3);
  });

  it.each([
    ['reads the trace id', (manager: TracerManager) => manager.currentTraceId()],
    ['writes a header', (manager: TracerManager) => manager.inject({})],
    [
      'starts a span',
      (manager: TracerManager) => {
        manager.startSpan('middleware').end();
      },
    ],
  ])('finds the tenant of a guard although a middleware %s before', async (_what, use) => {
    const acme = new SpanRecorder();
    const started = await startApp({
      server,
      controllers: [ItemsController],
      providers: [Work, UserGuard],
      telemetry: {
        sampler: 0,
        tenants: {
          resolve: (request: { user?: { tenant?: string } }) => request.user?.tenant,
          config: () => ({ exporter: acme, sampler: 1 }),
        },
      },
      setup: (nest) => {
        const manager = nest.get(TracerManager, { strict: false });
        nest.use((_request: unknown, _response: unknown, next: () => void) => {
          use(manager);
          next();
        });
      },
    });
    await started.get('/items/1', { 'x-key': 'acme' });
    await acme.waitFor('GET /items/:id');
    expect(acme.tree()).toEqual([{ name: 'GET /items/:id', children: [{ name: 'work', children: [] }] }]);
    expect(names(started.recorder)).toEqual([]);
  });

  it('tells the trace id of a tenant’s request in the header that the options name', async () => {
    const recorders = new TenantRecorders();
    const started = await startApp({
      server,
      controllers: [ItemsController],
      providers: [Work, UserGuard],
      telemetry: {
        http: { traceIdHeader: 'x-trace-id', exclude: ['/items/:id'] },
        tenants: {
          resolve: (request: { user?: { tenant?: string } }) => request.user?.tenant,
          config: (key) => ({ exporter: recorders.of(key) }),
        },
      },
    });
    const told = async (path: string, key: string) =>
      (await started.get(path, { 'x-key': key })).headers['x-trace-id'];
    const [plain, excluded, unknown] = [
      await told('/items/1/plain', 'acme'),
      await told('/items/1', 'acme'),
      await told('/nowhere', 'acme'),
    ];
    const { traceId } = (await recorders.of('acme').waitFor('GET /items/:id/plain')).spanContext();
    expect([plain, excluded]).toEqual([traceId, undefined]);
    expect(unknown).toBe((await started.recorder.waitFor('GET')).spanContext().traceId);
  });

  async function app(
    recorders: TenantRecorders,
    resolve: (request: { user?: { tenant?: string } }) => string | undefined,
  ) {
    const started = await startApp({
      server,
      controllers: [ItemsController],
      providers: [Work, UserGuard],
      telemetry: {
        tenants: {
          resolve,
          config: (key) => ({ exporter: recorders.of(key), resourceAttributes: { tenant: key } }),
        },
      },
    });
    return {
      recorder: started.recorder,
      get: (path: string, key?: string) => started.get(path, key === undefined ? {} : { 'x-key': key }),
    };
  }
});

it('samples a tenant by its own sampler, whatever the default says', async () => {
  const [everybody, loud, quiet] = [new SpanRecorder(), new SpanRecorder(), new SpanRecorder()];
  const { get } = await startApp({
    controllers: [ItemsController],
    providers: [Work, UserGuard],
    telemetry: {
      exporter: everybody,
      sampler: 0,
      tenants: {
        resolve: (request: { user?: { tenant?: string } }) => request.user?.tenant,
        config: (key) => (key === 'loud' ? { sampler: 1, exporter: loud } : { sampler: 0, exporter: quiet }),
      },
    },
  }).then((started) => ({ get: (key: string) => started.get('/items/1', { 'x-key': key }) }));
  await get('quiet');
  await get('loud');
  await loud.waitFor('GET /items/:id');
  expect(names(loud)).toEqual(['work', 'GET /items/:id']);
  expect(names(quiet)).toEqual([]);
  expect(names(everybody)).toEqual([]);
});

describe('withTenant', () => {
  it('runs a flow as a tenant, streams and nested tenants included', async () => {
    const recorders = new TenantRecorders();
    const everybody = new SpanRecorder();
    const manager = await newManager({ exporter: everybody }, { tenants: tenantsOf(recorders) });
    await manager.withTenant('a', () =>
      manager.withSpan('outer', async () => {
        await nextTurn();
        manager.withTenant('b', () => {
          manager.startSpan('inner').end();
        });
        manager.startSpan('after').end();
      }),
    );
    manager.startSpan('outside').end();
    expect(names(recorders.of('a'))).toEqual(['after', 'outer']);
    expect(names(recorders.of('b'))).toEqual(['inner']);
    expect(names(everybody)).toEqual(['outside']);
  });

  it('holds spans while an asynchronous configuration is looked up, and asks for it once', async () => {
    const acme = new SpanRecorder();
    const found = withResolvers();
    let asked = 0;
    const manager = await newManager(
      { exporter: new SpanRecorder() },
      {
        tenants: {
          config: async () => {
            asked += 1;
            await found.promise;
            return { exporter: acme, resourceAttributes: { tenant: 'acme' } };
          },
        },
      },
    );
    const open = manager.withTenant('acme', () => manager.startSpan('still open'));
    manager.withTenant('acme', () => {
      manager.withSpan('parent', () => {
        manager.startSpan('child').end();
      });
    });
    expect(manager.status().spans).toMatchObject({ ended: 2, queued: 2 });
    found.resolve(undefined);
    await manager.forceFlush();
    open.end();
    expect(asked).toBe(1);
    expect(names(acme)).toEqual(['child', 'parent', 'still open']);
    expect(new Set(acme.spans().map((span) => span.resource.attributes.tenant))).toEqual(new Set(['acme']));
  });

  it.each([
    ['is unknown', () => undefined],
    ['has a wrong configuration', () => ({ sampler: 7 })],
    ['has a certificate that cannot be read', () => ({ exporter: UNREADABLE_CERTIFICATE })],
    [
      'has a configuration that throws',
      (): never => {
        throw new Error('no such tenant');
      },
    ],
    ['is unknown after a look-up', () => Promise.resolve(undefined)],
    ['fails to be looked up', () => Promise.reject(new Error('database'))],
  ])('follows the fallback when a tenant %s', async (_why, config) => {
    for (const fallback of ['default', 'drop'] as const) {
      const everybody = new SpanRecorder();
      const log = new LogLines();
      const manager = await newManager(
        { exporter: everybody },
        { tenants: { config: config, fallback }, log },
      );
      for (let index = 0; index < 3; index += 1) {
        manager.withTenant('ghost', () => {
          manager.startSpan('span').end();
        });
        await manager.forceFlush();
      }
      manager.startSpan('normal').end();
      const spans = names(everybody).filter((name) => name === 'span').length;
      expect(spans).toBe(fallback === 'default' ? 3 : 0);
      expect(names(everybody)).toContain('normal');
      expect(log.lines).toHaveLength(1);
    }
  });

  it.each(['', 'x'.repeat(257), 7 as never, {} as never])('takes %j for no tenant', async (key) => {
    const everybody = new SpanRecorder();
    const recorders = new TenantRecorders();
    const manager = await newManager({ exporter: everybody }, { tenants: tenantsOf(recorders) });
    manager.withTenant(key, () => {
      manager.startSpan('span').end();
    });
    expect(names(everybody)).toEqual(['span']);
    expect(recorders.keys).toEqual([]);
  });

  it.each(['__proto__', 'constructor', 'toString'])('treats %s as a key like any other', async (key) => {
    const recorders = new TenantRecorders();
    const manager = await newManager({ exporter: new SpanRecorder() }, { tenants: tenantsOf(recorders) });
    manager.withTenant(key, () => {
      manager.startSpan('span').end();
    });
    expect(names(recorders.of(key))).toEqual(['span']);
    expect(Object.prototype).not.toHaveProperty('exporter');
  });

  it('follows a reconfiguration of the instance, over the connection that it has', async () => {
    const recorders = new TenantRecorders();
    const manager = await newManager({ exporter: new SpanRecorder() }, { tenants: tenantsOf(recorders) });
    const span = (): void =>
      manager.withTenant('a', () => {
        manager.startSpan('span').end();
      });
    span();
    await manager.reconfigure({ resourceAttributes: { release: 2 } });
    span();
    expect(
      recorders
        .of('a')
        .spans()
        .map((ended) => ended.resource.attributes.release),
    ).toEqual([undefined, 2]);
  });

  it('overrides one tenant for a while', async () => {
    const recorders = new TenantRecorders();
    const debug = new SpanRecorder();
    const manager = await newManager({ exporter: new SpanRecorder() }, { tenants: tenantsOf(recorders) });
    const span = (key: string, name: string): void =>
      manager.withTenant(key, () => {
        manager.startSpan(name).end();
      });
    span('a', 'before');
    const handle = await manager.override({ exporter: debug }, { forMillis: 60_000, tenant: 'a' });
    span('a', 'debugged');
    span('b', 'untouched');
    expect(manager.status().overrides).toEqual([{ tenant: 'a', changes: ['exporter'], until: handle.until }]);
    await handle.revert();
    span('a', 'after');
    expect(names(debug)).toEqual(['debugged']);
    expect(names(recorders.of('a'))).toEqual(['before', 'after']);
    expect(names(recorders.of('b'))).toEqual(['untouched']);
  });
});

it('bounds heap and sockets over 10,000 tenants and loses nothing of those that it closes', async () => {
  const { url, received, sockets } = await collector();
  const manager = await newManager(
    { exporter: { type: 'otlp-http-json', url } },
    {
      tenants: {
        maxActive: 100,
        config: (key) => ({ exporter: { type: 'otlp-http-json', url, headers: { 'x-tenant': key } } }),
      },
    },
  );
  onTestFinished(() => manager.shutdown());
  const heapBefore = heapAfterGc();
  let mostActive = 0;
  for (let batch = 0; batch < 100; batch += 1) {
    for (let index = 0; index < 100; index += 1) {
      const key = `tenant-${batch * 100 + index}`;
      manager.withTenant(key, () => {
        manager.startSpan(key).end();
      });
    }
    mostActive = Math.max(mostActive, manager.status().activeTenants);
    await manager.forceFlush();
  }
  await manager.forceFlush();

  expect(mostActive).toBeLessThanOrEqual(100);
  expect(received.size).toBe(10_000);
  for (const [key, spans] of received) expect(spans).toEqual([key]);
  expect(manager.status().spans).toMatchObject({ ended: 10_000, delivered: 10_000, queued: 0, dropped: {} });
  expect(sockets()).toBeLessThanOrEqual(400);
  await manager.shutdown();
  expect(heapAfterGc() - heapBefore).toBeLessThan(30 * 1024 * 1024);
}, 120_000);

it('delays nobody when one tenant’s backend hangs', async () => {
  const { url, received } = await collector();
  const hanging = createServer(() => undefined);
  await listen(hanging);
  const manager = await newManager(
    { exporter: { type: 'none' } },
    {
      tenants: {
        config: (key) => ({
          exporter: {
            type: 'otlp-http-json',
            url: key === 'hung' ? urlOf(hanging) : url,
            headers: { 'x-tenant': key },
          },
          batch: { scheduledDelayMillis: 20 },
        }),
      },
    },
  );
  onTestFinished(() => manager.shutdown());
  manager.withTenant('hung', () => {
    manager.startSpan('stuck').end();
  });
  for (let index = 0; index < 20; index += 1) {
    manager.withTenant(`fine-${index}`, () => {
      manager.startSpan('span').end();
    });
  }
  const deadline = AbortSignal.timeout(5000);
  while (manager.status().spans.delivered < 20) {
    deadline.throwIfAborted();
    await nextTurn();
  }
  expect(received.size).toBe(20);
  expect(manager.status().spans).toMatchObject({ delivered: 20, queued: 1 });
});

function tenantsOf(recorders: TenantRecorders): TenantOptions {
  return {
    config: (key) => ({ exporter: recorders.of(key), resourceAttributes: { tenant: key } }),
  };
}

/** An OTLP/HTTP receiver that tells the span names by tenant header. */
async function collector(): Promise<{ url: string; received: Map<string, string[]>; sockets: () => number }> {
  const received = new Map<string, string[]>();
  const open = new Set<unknown>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = JSON.parse(Buffer.concat(chunks).toString()) as {
        resourceSpans: { scopeSpans: { spans: { name: string }[] }[] }[];
      };
      const spans = body.resourceSpans.flatMap((resource) =>
        resource.scopeSpans.flatMap((scope) => scope.spans),
      );
      const key = String(request.headers['x-tenant']);
      received.set(key, [...(received.get(key) ?? []), ...spans.map(({ name }) => name)]);
      response.setHeader('content-type', 'application/json').end('{}');
    });
  }).on('connection', (socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
  });
  await listen(server);
  return { url: urlOf(server), received, sockets: () => open.size };
}

async function listen(server: Server): Promise<void> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
}

function urlOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function heapAfterGc(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

function withResolvers(): { promise: Promise<undefined>; resolve: (value: undefined) => void } {
  let resolve!: (value: undefined) => void;
  const promise = new Promise<undefined>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
