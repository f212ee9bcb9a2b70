import { Controller, Get, Injectable, Module, Sse, type MessageEvent } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Subject, type Observable } from 'rxjs';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { Span, TelemetryModule, TracerManager, type TelemetryModuleOptions } from '../../src/index.js';
import { open } from '../support/http-client.js';
import { EXPRESS, FASTIFY } from '../support/server-kinds.js';
import { OtlpReceiver } from '../../src/devtools/receive/receiver.js';
import { ask, clientOf, startDevtools, type StartedDevtools } from './support/devtools-client.js';

const ticks = new Subject<MessageEvent>();

@Injectable()
class OrdersService {
  @Span()
  load(id: string): Promise<string> {
    if (id === 'broken') throw new Error('out of stock');
    return Promise.resolve(id);
  }
}

@Controller('orders')
class OrdersController {
  constructor(private readonly orders: OrdersService) {}

  @Sse('live')
  live(): Observable<MessageEvent> {
    return ticks;
  }

  @Get(':id')
  find(): Promise<string> {
    return this.orders.load('42');
  }

  @Get('broken/now')
  fail(): Promise<string> {
    return this.orders.load('broken');
  }
}
Reflect.defineMetadata('design:paramtypes', [OrdersService], OrdersController);

interface Running extends Pick<StartedDevtools, 'get' | 'post'> {
  readonly url: string;
  readonly port: number;
  readonly token: string;
  readonly manager: TracerManager;
  readonly close: () => Promise<void>;
}

async function start(
  options: TelemetryModuleOptions,
  kind = EXPRESS,
  imports: object[] = [],
): Promise<Running> {
  class AppModule {}
  Module({
    imports: [
      TelemetryModule.forRoot({ service: { name: 'shop' }, exporter: { type: 'none' }, ...options }),
      ...imports,
    ] as never,
    controllers: [OrdersController],
    providers: [OrdersService],
  })(AppModule);
  const printed = vi.spyOn(process.stdout, 'write').mockImplementation((_text, done) => {
    (done as unknown as (() => void) | undefined)?.();
    return true;
  });
  const app = await NestFactory.create(AppModule, kind.adapter() as never, {
    logger: false,
    abortOnError: false,
    forceCloseConnections: true,
  });
  const line = printed.mock.calls.map(([text]) => String(text)).find((text) => text.startsWith('Devtools: '));
  printed.mockRestore();
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => (closed ??= app.close());
  onTestFinished(close);
  await app.listen(0, '127.0.0.1');
  const address = new URL(line?.slice('Devtools: '.length).trim() ?? 'http://none');
  const token = address.searchParams.get('token') ?? '';
  return {
    url: await app.getUrl(),
    port: Number(address.port),
    token,
    manager: app.get(TracerManager),
    close,
    ...clientOf(Number(address.port), token),
  };
}

const eventually = { timeout: 5000, interval: 20 };

describe.each([EXPRESS, FASTIFY])('devtools of an app on $name', (kind) => {
  it('shows a request with its spans, also where nothing is exported', async () => {
    const app = await start({ devtools: { port: 0 } }, kind);
    await fetch(`${app.url}/orders/42`);

    const { traces } = await vi.waitFor(async () => {
      const list = await app.get('/api/traces');
      expect(list.total).toBe(1);
      return list;
    }, eventually);
    const trace = await app.get(`/api/traces/${traces[0].traceId}`);
    expect(trace.spans.map(({ name }: { name: string }) => name)).toEqual([
      'GET /orders/:id',
      'OrdersService.load',
    ]);
    expect(trace).toMatchObject({
      name: 'GET /orders/:id',
      route: '/orders/:id',
      status: 'ok',
      statusCode: 200,
    });
  });

  it('names the cause of a failure with its source line', async () => {
    const app = await start({ devtools: { port: 0 } }, kind);
    await fetch(`${app.url}/orders/broken/now`);

    await vi.waitFor(async () => {
      const { errors } = await app.get('/api/errors');
      expect(errors).toEqual([
        expect.objectContaining({
          span: 'OrdersService.load',
          trace: 'GET /orders/broken/now',
          message: 'out of stock',
          source: expect.stringContaining('app.test.ts'),
        }),
      ]);
    }, eventually);
  });

  it('shows a stream while it is open, and as it grows', async () => {
    const app = await start({ devtools: { port: 0 }, sse: { milestoneEvery: 1 } }, kind);
    const stream = open(app.url, false, { path: '/orders/live' });
    const eventsOf = async (): Promise<number> => {
      const [trace] = (await app.get('/api/traces')).traces;
      expect(trace?.status).toBe('open');
      return (await app.get(`/api/traces/${trace.traceId}`)).spans[0].events.length;
    };
    await vi.waitFor(() => expect(ticks.observed).toBe(true), eventually);
    ticks.next({ data: 'one' });
    const before = await vi.waitFor(async () => {
      const count = await eventsOf();
      expect(count).toBeGreaterThan(0);
      return count;
    }, eventually);
    ticks.next({ data: 'two' });
    await vi.waitFor(async () => expect(await eventsOf()).toBeGreaterThan(before), eventually);
    stream.abort();
    await vi.waitFor(async () => {
      const [trace] = (await app.get('/api/traces')).traces;
      expect(trace.status).not.toBe('open');
    }, eventually);
  });
});

describe('devtools', () => {
  it('shows nothing that masking hides, in open spans as in ended ones', async () => {
    const app = await start({ devtools: { port: 0 } });
    const secret = 'canary-5f3a';
    const span = app.manager.startSpan('job', {
      attributes: { password: secret, note: `Bearer ${secret}${secret}` },
    });
    span.addEvent('step', { token: secret });
    const page = async (): Promise<string> =>
      JSON.stringify(await app.get(`/api/traces/${span.spanContext().traceId}`));

    expect(await page()).toContain('"name":"job"');
    expect(await page()).not.toContain(secret);
    span.end();
    expect(await page()).not.toContain(secret);
    expect(JSON.stringify(await app.get('/api/status'))).not.toContain(secret);
  });

  it('shows every instance of the app, whichever asked for it', async () => {
    class BillingModule {}
    Module({
      imports: [TelemetryModule.forRoot({ service: { name: 'billing' }, exporter: { type: 'none' } })],
    })(BillingModule);
    const app = await start({ devtools: { port: 0 } }, EXPRESS, [BillingModule]);

    const { sources } = await app.get('/api/status');
    expect(
      sources.map(({ name, modules }: { name: string; modules: string[] }) => [name, modules]).sort(),
    ).toEqual([
      ['billing', ['BillingModule']],
      ['shop', ['AppModule']],
    ]);
  });

  it('changes what runs, through the checks of the manager', async () => {
    const app = await start({ devtools: { port: 0 } });

    expect(
      JSON.parse((await app.post('/api/control', { action: 'reconfigure', change: { sampler: 0 } })).body),
    ).toMatchObject({
      status: 'reconfigured',
      changed: ['sampler'],
    });
    expect(app.manager.status().sampler).toMatch(/always-off|ratio/);
    expect(await app.post('/api/control', { action: 'reconfigure', change: { sampler: 7 } })).toMatchObject({
      status: 400,
    });
    expect(
      await app.post('/api/control', { action: 'override', change: { sampler: 1 }, forMillis: 600_000 }),
    ).toMatchObject({
      status: 200,
    });
    expect(app.manager.status().overrides).toHaveLength(1);
    expect(await app.post('/api/control', { action: 'dance' })).toMatchObject({ status: 400 });
    expect(await app.post('/api/control', { action: 'flush', source: 'nobody' })).toMatchObject({
      status: 400,
    });
  });

  it('switches the exporter off and on again as it was', async () => {
    const app = await start({ devtools: { port: 0 }, exporter: { type: 'memory' } });
    const exporters = (): string[] => app.manager.status().exporters.map(({ exporter }) => exporter);

    await app.post('/api/control', { action: 'exporter', on: false });
    expect(exporters()).not.toContain('memory');
    await app.post('/api/control', { action: 'exporter', on: true });
    expect(exporters()).toContain('memory');
  });

  it('ends with the app', async () => {
    const app = await start({ devtools: { port: 0 } });
    await app.close();
    await expect(ask(app.port, '/', { authorization: `Bearer ${app.token}` })).rejects.toThrow(
      'ECONNREFUSED',
    );
  });

  it('takes a token of one’s own', async () => {
    const app = await start({ devtools: { port: 0, token: 'a-token-of-my-own' } });
    expect(app.token).toBe('a-token-of-my-own');
    expect(await app.get('/api/traces')).toEqual({ total: 0, traces: [] });
  });

  it.each([
    [
      'in production without a token',
      { devtools: true },
      'production',
      /Expected `devtools` to be off where `NODE_ENV` is `production`/,
    ],
    [
      'with a token that can be guessed',
      { devtools: { token: 'secret' } },
      '',
      /Expected `devtools.token` to be a secret of at least 16/,
    ],
    ['with a port that is none', { devtools: { port: 70_000 } }, '', /Expected `devtools.port` to be a port/],
    ['with an option that does not exist', { devtools: { prot: 1 } }, '', /Did you mean `port`/],
  ])('does not start %s', async (_when, options, environment, message) => {
    vi.stubEnv('NODE_ENV', environment);
    onTestFinished(() => void vi.unstubAllEnvs());
    await expect(start(options as TelemetryModuleOptions)).rejects.toThrow(message);
  });
});

describe('a trace that is sent to a receiver', () => {
  it('arrives whole, where the app itself exports nothing', async () => {
    const elsewhere = await startDevtools();
    const receiver = await OtlpReceiver.start(elsewhere.recorder, { grpcPort: 0, httpPort: 0 });
    onTestFinished(() => receiver.close());
    const app = await start({ devtools: { port: 0 } });
    await fetch(`${app.url}/orders/broken/now`);
    const [{ traceId }] = await vi.waitFor(async () => {
      const { traces } = await app.get('/api/traces');
      expect(traces).toHaveLength(1);
      return traces;
    }, eventually);

    const refused = await app.post('/api/control', { action: 'export', traceId });
    expect(refused).toMatchObject({
      status: 400,
      body: expect.stringContaining('one that sends to a receiver'),
    });
    const exporter = { type: 'otlp-http', url: `http://127.0.0.1:${receiver.httpPort}` };
    const sent = await app.post('/api/control', { action: 'export', traceId, exporter });
    expect(JSON.parse(sent.body)).toEqual({ status: 'exported', delivered: 2, dropped: 0 });

    const spansOf = async (from: Pick<StartedDevtools, 'get'>): Promise<object[]> => {
      const { spans } = await from.get(`/api/traces/${traceId}`);
      return spans.map(({ bytes: _bytes, ...span }: { bytes: number }) => span);
    };
    expect(await spansOf(elsewhere)).toEqual(await spansOf(app));
  });
});
