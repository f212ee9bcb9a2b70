import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Controller, Get, Injectable, Module } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { Span, TelemetryModule, TracerManager } from '../../src/index.js';
import { SpanRecorder } from '../../src/testing/index.js';
import { EXPRESS, FASTIFY } from '../support/server-kinds.js';
import { startApp, type TestApp } from '../support/test-app.js';
import { expectRatio } from './binomial.js';

@Injectable()
class Work {
  constructor(private readonly manager: TracerManager) {}

  @Span()
  outer(): void {
    this.noise();
    this.manager.withSpan('inner', () => {});
  }

  @Span()
  noise(): void {
    this.manager.withSpan('below noise', () => {});
  }

  @Span({ sample: 0.25 })
  sampled(): void {
    this.manager.withSpan('below sampled', () => {});
  }
}

it('leaves excluded spans out of a trace without breaking it, and excluded traces out as a whole', async () => {
  const { app, recorder } = await startApp({
    providers: [Work],
    telemetry: { sampler: { exclude: ['Work.noise', /^cron/] } },
  });
  app.get(Work).outer();
  app.get(Work).noise();
  app.get(TracerManager).withSpan('cron job', () => {
    app.get(Work).outer();
  });
  expect(recorder.tree()).toEqual([
    {
      name: 'Work.outer',
      children: [
        { name: 'below noise', children: [] },
        { name: 'inner', children: [] },
      ],
    },
  ]);
});

it('makes only the included spans below the one that begins a trace', async () => {
  const { app, recorder } = await startApp({
    providers: [Work],
    telemetry: { sampler: { include: ['*noise'] } },
  });
  app.get(Work).outer();
  expect(recorder.tree()).toEqual([
    {
      name: 'Work.outer',
      children: [{ name: 'Work.noise', children: [{ name: 'below noise', children: [] }] }],
    },
  ]);
});

describe('a method’s own share', () => {
  const CALLS = 20_000;

  it('holds for traces that begin with it, and for its spans inside a trace, with what is below', async () => {
    const { app, recorder } = await startApp({ providers: [Work] });
    const work = app.get(Work);
    for (let call = 0; call < CALLS; call += 1) work.sampled();
    const roots = recorder.spans().filter(({ name }) => name === 'Work.sampled').length;
    expectRatio(roots, CALLS, 0.25);
    expect(recorder.spans().length).toBe(2 * roots);
    recorder.clear();
    app.get(TracerManager).withSpan('batch', () => {
      for (let call = 0; call < CALLS; call += 1) work.sampled();
    });
    const inside = recorder.spans().filter(({ name }) => name === 'Work.sampled').length;
    expectRatio(inside, CALLS, 0.25);
    expect(recorder.spans().length).toBe(2 * inside + 1);
  });
});

it('a live change takes effect at the next trace, and leaves running ones whole', async () => {
  const { app, recorder } = await startApp({ providers: [Work] });
  const manager = app.get(TracerManager);
  await manager.withSpan('before', async () => {
    await manager.reconfigure({ sampler: { type: 'always-off' } });
    app.get(Work).outer();
  });
  app.get(Work).outer();
  expect(recorder.tree()).toEqual([
    {
      name: 'before',
      children: [
        {
          name: 'Work.outer',
          children: [
            { name: 'Work.noise', children: [{ name: 'below noise', children: [] }] },
            { name: 'inner', children: [] },
          ],
        },
      ],
    },
  ]);
  recorder.clear();
  await manager.reconfigure({ sampler: { type: 'always-off', rules: [{ name: 'Work.noise', ratio: 1 }] } });
  app.get(Work).outer();
  app.get(Work).noise();
  expect(recorder.tree()).toEqual([
    { name: 'Work.noise', children: [{ name: 'below noise', children: [] }] },
  ]);
});

it('a trace that began unsampled stays so, also where remote parents do not count', async () => {
  const sampler = { parentBased: false };
  const { app, recorder } = await startApp({
    providers: [Work],
    telemetry: { sampler: { ...sampler, type: 'always-off' } },
  });
  const manager = app.get(TracerManager);
  await manager.withSpan('before', async () => {
    await manager.reconfigure({ sampler });
    app.get(Work).outer();
  });
  expect(recorder.tree()).toEqual([]);
  manager.withSpan('after', { sample: 1 }, () => {
    manager.withSpan('left out', { sample: 0 }, () => {
      app.get(Work).outer();
    });
  });
  expect(recorder.tree()).toEqual([{ name: 'after', children: [] }]);
});

/** Trace and parent ids of the spans that a second process makes of these carriers. */
async function inSecondProcess(carriers: object[]): Promise<[string, string][]> {
  const { NODE_OPTIONS: _, VITEST: __, ...env } = process.env;
  const child = fork(fileURLToPath(new URL('second-process.ts', import.meta.url)), {
    env,
    execArgv: ['--import', new URL('../pipeline/exporters/typescript-hooks.mjs', import.meta.url).href],
  });
  await once(child, 'message');
  child.send(carriers);
  const [spans] = await once(child, 'message');
  return spans;
}

describe.each([EXPRESS, FASTIFY])('requests on $name', (server) => {
  @Controller()
  class Shop {
    constructor(private readonly work: Work) {}

    @Get('health/live')
    health(): string {
      this.work.outer();
      return 'up';
    }

    @Get('pay/:id')
    pay(): string {
      this.work.noise();
      return 'paid';
    }
  }

  it('are kept by route, method and name, with all that is below them, and by other rules at the next request', async () => {
    const app = await startApp({
      server,
      controllers: [Shop],
      providers: [Work],
      telemetry: {
        sampler: { type: 'always-off', rules: [{ route: '/pay/:id', kind: 'server', ratio: 1 }] },
      },
    });
    for (const path of ['/health/live', '/pay/7', '/missing']) await app.get(path);
    await app.recorder.waitFor('GET /pay/:id');
    expect(app.recorder.tree()).toEqual([
      {
        name: 'GET /pay/:id',
        children: [{ name: 'Work.noise', children: [{ name: 'below noise', children: [] }] }],
      },
    ]);
    app.recorder.clear();
    await app.app
      .get(TracerManager)
      .reconfigure({ sampler: { rules: [{ route: '/pay*', ratio: 0 }], exclude: ['GET /health/*'] } });
    for (const path of ['/health/live', '/pay/7', '/missing']) await app.get(path);
    await app.recorder.waitFor('GET');
    expect(app.recorder.tree()).toEqual([{ name: 'GET', children: [] }]);
  });
});

describe('over two instances and two processes', () => {
  const REQUESTS = 300;

  async function shop(
    recorders: { orders: SpanRecorder; billing: SpanRecorder },
    ratio: number,
  ): Promise<TestApp> {
    @Injectable()
    class Billing {
      @Span()
      charge(): void {}
    }
    class BillingModule {}
    Module({
      imports: [
        TelemetryModule.forRoot({
          service: { name: 'billing' },
          exporter: recorders.billing,
          sampler: ratio,
        }),
      ],
      providers: [Billing],
      exports: [Billing],
    })(BillingModule);

    @Controller()
    class OrdersController {
      constructor(
        private readonly billing: Billing,
        private readonly manager: TracerManager,
      ) {}

      @Get('order')
      order(): Record<string, unknown> {
        this.billing.charge();
        return this.manager.inject({});
      }
    }
    class OrdersModule {}
    Module({
      imports: [
        TelemetryModule.forRoot({ service: { name: 'orders' }, exporter: recorders.orders, sampler: 0.5 }),
        BillingModule,
      ],
      controllers: [OrdersController],
    })(OrdersModule);
    return startApp({ root: OrdersModule, telemetry: false });
  }

  it('a second process continues the same traces, whatever its own ratio', { timeout: 60_000 }, async () => {
    const app = await shop({ orders: new SpanRecorder(), billing: new SpanRecorder() }, 0.5);
    const headers: Record<string, string>[] = [];
    for (let request = 0; request < REQUESTS; request += 1) {
      headers.push(JSON.parse((await app.get('/order')).body));
    }
    const sampled = headers.filter(({ traceparent }) => traceparent?.endsWith('-01') === true);
    expect((await inSecondProcess(headers)).sort()).toEqual(
      sampled.map(({ traceparent }) => traceparent!.split('-').slice(1, 3)).sort(),
    );
  });

  it.each([0, 0.5, 1])('every trace is whole, the second’s own ratio being %d', async (ratio) => {
    const recorders = { orders: new SpanRecorder(), billing: new SpanRecorder() };
    const app = await shop(recorders, ratio);
    const headers: Record<string, string>[] = [];
    for (let request = 0; request < REQUESTS; request += 1) {
      headers.push(JSON.parse((await app.get('/order')).body));
    }
    const sampled = headers.filter(({ traceparent }) => traceparent?.endsWith('-01') === true);
    await recorders.orders.waitFor(() => recorders.orders.spans().length >= sampled.length);
    const traces = (recorder: SpanRecorder): string[] =>
      recorder
        .spans()
        .map((span) => span.spanContext().traceId)
        .sort();
    const told = sampled.map(({ traceparent }) => traceparent!.split('-')[1]!).sort();
    expect(traces(recorders.orders)).toEqual(told);
    expect(traces(recorders.billing)).toEqual(told);
    expectRatio(told.length, REQUESTS, 0.5);
    for (const span of recorders.billing.spans()) {
      expect(
        recorders.orders.spans().some((own) => own.spanContext().spanId === span.parentSpanContext?.spanId),
      ).toBe(true);
    }
  });
});
