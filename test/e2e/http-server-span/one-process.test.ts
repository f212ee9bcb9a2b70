import { Readable } from 'node:stream';
import { Controller, Get, Inject, StreamableFile, type Type } from '@nestjs/common';
import type { FastifyInstance } from 'fastify';
import { afterAll, describe, expect, it } from 'vitest';
import { TelemetryModule, TracerManager } from '../../../src/index.js';
import { recordSpans } from '../../../src/testing/index.js';
import { serverSpan } from '../../support/expected-server-span.js';
import {
  ALL_SERVERS,
  FASTIFY,
  FASTIFY_H2C,
  FASTIFY_HTTP2,
  type ServerKind,
} from '../../support/server-kinds.js';
import { shapeOf } from '../../support/span-shape.js';
import { appModule, startApp } from '../../support/test-app.js';

@Controller('orders')
class OrdersController {
  constructor(@Inject(TracerManager) private readonly tracing: TracerManager) {}

  @Get(':id')
  findOne() {
    return this.tracing.withSpan('load', () => 'order');
  }
}

@Controller('plain')
class PlainController {
  @Get()
  read() {
    return 'plain';
  }

  @Get('file')
  file() {
    return new StreamableFile(Readable.from([Buffer.from('a'), Buffer.from('b')]));
  }
}

const order = { path: '/orders/7', route: '/orders/:id', handler: 'OrdersController.findOne' };

/** A root module as users write it, evaluated once for the process. */
const AppModule: Type = appModule({
  imports: [TelemetryModule.forRoot({ service: { name: 'orders' }, exporter: { type: 'none' } })],
  controllers: [OrdersController],
});

describe.each(ALL_SERVERS)('$name', (server: ServerKind) => {
  it('keeps two apps apart that share nothing', async () => {
    const [first, second] = await Promise.all([
      startApp({ server, controllers: [OrdersController] }),
      startApp({ server, controllers: [OrdersController] }),
    ]);
    await first.get('/orders/7');
    await first.close();
    await second.get('/orders/7');
    await second.close();
    for (const app of [first, second]) {
      const [load, request] = app.recorder.spans();
      expect(shapeOf(request!)).toEqual(serverSpan(app, order));
      expect(load!.parentSpanContext?.spanId).toBe(request!.spanContext().spanId);
      expect(app.recorder.spans()).toHaveLength(2);
    }
  });

  it('keeps two apps apart that are made of the same module', async () => {
    const first = await startApp({ server, root: AppModule, telemetry: false });
    const second = await startApp({ server, root: AppModule, telemetry: false });
    const [ofFirst, ofSecond] = await Promise.all([recordSpans(first.app), recordSpans(second.app)]);
    await second.get('/orders/7');
    await second.close();
    await first.get('/orders/7');
    await first.close();
    expect(ofFirst.spans().map(shapeOf)[1]).toEqual(serverSpan(first, order));
    expect(ofSecond.spans().map(shapeOf)[1]).toEqual(serverSpan(second, order));
    expect([ofFirst.spans().length, ofSecond.spans().length]).toEqual([2, 2]);
  });

  it('does not concern an app without telemetry in the same process', async () => {
    const traced = await startApp({ server, controllers: [OrdersController] });
    const plain = await startApp({ server, controllers: [PlainController], telemetry: false });
    expect((await plain.get('/plain')).body).toBe('plain');
    await traced.close();
    expect(traced.recorder.spans()).toEqual([]);
  });

  it('makes a call from one app to the other one trace in two recorders', async () => {
    const called = await startApp({ server, controllers: [OrdersController] });

    @Controller('calls')
    class CallingController {
      constructor(@Inject(TracerManager) private readonly tracing: TracerManager) {}

      @Get()
      async call() {
        return (await called.get('/orders/7', this.tracing.inject({}))).body;
      }
    }

    const calling = await startApp({
      server,
      controllers: [CallingController],
      telemetry: { clients: false },
    });
    expect((await calling.get('/calls')).body).toBe('order');
    const request = await calling.recorder.waitFor('GET /calls');
    const served = await called.recorder.waitFor('GET /orders/:id');
    expect(shapeOf(served)).toEqual(serverSpan(called, { ...order, parent: request.spanContext().spanId }));
    expect(served.spanContext().traceId).toBe(request.spanContext().traceId);
    expect(calling.recorder.spans()).toEqual([request]);
  });
});

describe.each([FASTIFY, FASTIFY_HTTP2, FASTIFY_H2C])('$name, injected', (server) => {
  it.each([
    ['/orders/7', 200, order],
    [
      '/plain/file',
      200,
      {
        path: '/plain/file',
        route: '/plain/file',
        handler: 'PlainController.file',
        attributes: { 'stream.bytes': 2, 'stream.outcome': 'completed' },
      },
    ],
    ['/nowhere', 404, { path: '/nowhere', code: 404 }],
  ])('traces app.inject() of %s, which uses no server', async (url, status, expected) => {
    const app = await startApp({ server, controllers: [OrdersController, PlainController] });
    const fastify = app.app.getHttpAdapter().getInstance() as FastifyInstance;
    expect((await fastify.inject({ url, headers: { host: 'shop.example.com' } })).statusCode).toBe(status);
    await app.close();
    const spans = app.recorder.spans().filter(({ name }) => name !== 'load');
    expect(spans.map(shapeOf)).toEqual([
      serverSpan(app, {
        ...expected,
        attributes: {
          ...('attributes' in expected && expected.attributes),
          'network.protocol.version': '1.1',
          'url.scheme': 'http',
          'server.address': 'shop.example.com',
          'server.port': undefined,
          'user_agent.original': 'lightMyRequest',
        },
      }),
    ]);
  });
});

afterAll(() => {
  const globals = (globalThis as Record<symbol, Record<string, unknown> | undefined>)[
    Symbol.for('opentelemetry.js.api.1')
  ];
  const signals = ['trace', 'context', 'propagation', 'metrics', 'diag'];
  expect(signals.filter((signal) => globals?.[signal] !== undefined)).toEqual([]);
});
