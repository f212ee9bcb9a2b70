import { Controller, Get, Inject, Injectable, Module, type NestMiddleware, type Type } from '@nestjs/common';
import type { INestApplication, MiddlewareConsumer, NestModule } from '@nestjs/common';
import { hrTimeToMilliseconds } from '@opentelemetry/core';
import { describe, expect, it } from 'vitest';
import { TracerManager, type TelemetryModuleOptions } from '../../../src/index.js';
import { serverSpan } from '../../support/expected-server-span.js';
import { ALL_SERVERS, EXPRESS, FASTIFY, type ServerKind } from '../../support/server-kinds.js';
import { shapeOf } from '../../support/span-shape.js';
import { startApp, type TestApp } from '../../support/test-app.js';

type Next = (error?: unknown) => void;
interface Answer {
  statusCode: number;
  end(body: string): void;
}

@Injectable()
class SpanningMiddleware implements NestMiddleware {
  constructor(@Inject(TracerManager) private readonly tracing: TracerManager) {}

  use(_request: unknown, _response: unknown, next: Next) {
    this.tracing.withSpan('session', { attributes: { 'session.found': true } }, () => 'session');
    this.tracing.activeSpan()?.setAttribute('shop.tier', 'gold');
    next();
  }
}

@Injectable()
class AnsweringMiddleware implements NestMiddleware {
  use(_request: unknown, response: Answer) {
    response.statusCode = 429;
    response.end('too many');
  }
}

@Injectable()
class FailingMiddleware implements NestMiddleware {
  use(): void {
    throw new Error('no session');
  }
}

@Controller('orders')
class OrdersController {
  constructor(@Inject(TracerManager) private readonly tracing: TracerManager) {}

  @Get(':id')
  findOne() {
    return this.tracing.withSpan('load', () => 'order');
  }

  @Get('active/span')
  active() {
    this.tracing.activeSpan()?.setAttribute('order.kind', 'gift').addEvent('wrapped', { paper: 'red' });
    return this.tracing.currentTraceId();
  }
}

const order = {
  path: '/orders/7',
  route: '/orders/:id',
  handler: 'OrdersController.findOne',
  module: 'OrdersModule',
};

function startWith(
  server: ServerKind,
  middleware: Type<NestMiddleware>,
  telemetry: TelemetryModuleOptions = {},
) {
  @Module({ controllers: [OrdersController] })
  class OrdersModule implements NestModule {
    configure(consumer: MiddlewareConsumer) {
      consumer.apply(middleware).forRoutes(OrdersController);
    }
  }
  return startApp({ server, telemetry, imports: [OrdersModule] });
}

/** The only exported span of each name. */
async function exported(app: TestApp) {
  await app.close();
  return Object.fromEntries(app.recorder.spans().map((span) => [span.name, span]));
}

describe.each(ALL_SERVERS)('$name', (server) => {
  it('makes spans of middleware children of the server span, whose route is still found', async () => {
    const app = await startWith(server, SpanningMiddleware);
    await app.get('/orders/7');
    const { session, load, 'GET /orders/:id': request } = await exported(app);
    expect(shapeOf(request!)).toEqual(serverSpan(app, { ...order, attributes: { 'shop.tier': 'gold' } }));
    for (const child of [session, load]) {
      const [start, requestStart] = [child!, request!].map(({ startTime }) =>
        hrTimeToMilliseconds(startTime),
      );
      expect(start).toBeGreaterThanOrEqual(requestStart!);
      expect(hrTimeToMilliseconds(child!.endTime)).toBeLessThanOrEqual(
        hrTimeToMilliseconds(request!.endTime),
      );
      expect([child!.parentSpanContext?.spanId, child!.spanContext().traceId]).toEqual([
        request!.spanContext().spanId,
        request!.spanContext().traceId,
      ]);
    }
  });

  it('leaves out spans of middleware before an excluded route', async () => {
    for (const exclude of ['/orders/7', '/orders/:id', '/orders/*']) {
      const app = await startWith(server, SpanningMiddleware, { http: { exclude: [exclude] } });
      await app.get('/orders/7');
      const { 'GET /orders/:id': request, load } = await exported(app);
      expect([request, load]).toEqual([undefined, undefined]);
      const status = app.app.get(TracerManager, { strict: false }).status();
      expect(status.spans.live).toBe(0);
    }
  });

  it('keeps spans of middleware before an included route', async () => {
    const app = await startWith(server, SpanningMiddleware, { http: { include: ['/orders/:id'] } });
    await app.get('/orders/7');
    expect(Object.keys(await exported(app)).sort()).toEqual(['GET /orders/:id', 'load', 'session']);
  });

  it('traces a request that middleware answers itself', async () => {
    const app = await startWith(server, AnsweringMiddleware);
    expect((await app.get('/orders/7')).status).toBe(429);
    await app.close();
    expect(app.recorder.spans().map((span) => span.attributes['http.response.status_code'])).toEqual([429]);
  });

  it('records the fault of middleware', async () => {
    const app = await startWith(server, FailingMiddleware);
    expect((await app.get('/orders/7')).status).toBe(500);
    await app.close();
    const [span] = app.recorder.spans().map(shapeOf);
    expect([span?.status, span?.attributes['error.type'], span?.events.map(({ name }) => name)]).toEqual([
      { code: 'ERROR' },
      'Error',
      ['exception'],
    ]);
  });

  it('lets the handler write on the active span', async () => {
    const app = await startApp({ server, controllers: [OrdersController] });
    const { body } = await app.get('/orders/active/span');
    const span = await app.recorder.waitFor('GET /orders/active/span');
    expect(shapeOf(span)).toEqual(
      serverSpan(app, {
        path: '/orders/active/span',
        route: '/orders/active/span',
        handler: 'OrdersController.active',
        attributes: { 'order.kind': 'gift' },
        events: [{ name: 'wrapped', attributes: { paper: 'red' } }],
      }),
    );
    expect(body).toBe(span.spanContext().traceId);
  });
});

describe.each([EXPRESS, FASTIFY])('$name', (server) => {
  it('traces what a function of main.ts answers before Nest', async () => {
    const setup = (app: INestApplication) => {
      app.use((_request: unknown, response: Answer) => {
        response.end('maintenance');
      });
    };
    const app = await startApp({ server, controllers: [OrdersController], setup });
    expect((await app.get('/orders/7')).body).toBe('maintenance');
    expect(shapeOf(await app.recorder.waitFor(({ name }) => name.startsWith('GET')))).toEqual(
      serverSpan(app, server === EXPRESS ? { path: '/orders/7' } : { path: '/orders/7' }),
    );
  });
});
