import { AsyncResource } from 'node:async_hooks';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Controller, Get, Inject, Injectable, Param, type INestApplication } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { Baggage, BaggageService, CurrentSpan, NoSpan, Span } from '../../src/index.js';
import { exceptionEvent, serverSpan } from '../support/expected-server-span.js';
import { ALL_SERVERS, FASTIFY, FASTIFY_H2C, type ServerKind } from '../support/server-kinds.js';
import { SharedConnection } from '../support/shared-connection.js';
import { PLAIN_SPAN, shapeOf } from '../support/span-shape.js';
import { startApp, type TestApp } from '../support/test-app.js';

type Next = (error?: unknown) => void;
type Middleware = (request: IncomingMessage, response: ServerResponse, next: Next) => unknown;

/** Ways to go on with a request from a context that is another's, or none. */
const LOSING: Readonly<Record<string, () => Middleware>> = {
  'a connection that requests share': () => {
    const connection = new SharedConnection();
    return (_request, _response, next) => {
      connection.call(next);
    };
  },
  'outside of every context': () => {
    const outside = AsyncResource.bind((next: Next) => {
      next();
    });
    return (_request, _response, next) => {
      outside(next);
    };
  },
  'an event of the request': () => (request, _response, next) => {
    request.once('end', next).resume();
  },
  'a promise of a shared connection': () => {
    const connection = new SharedConnection();
    return async (_request, _response, next) => {
      await new Promise<void>((resolve) => {
        connection.call(resolve);
      });
      next();
    };
  },
};

@Injectable()
class Orders {
  constructor(@Inject(BaggageService) private readonly baggage: BaggageService) {}

  @Span()
  async load(id: string) {
    await new Promise((resolve) => setImmediate(resolve));
    if (id === 'bad') throw new TypeError('no such order');
    return this.baggage.get('user.id') ?? 'nobody';
  }
}

@Controller('orders')
class OrdersController {
  constructor(@Inject(Orders) private readonly orders: Orders) {}

  @NoSpan()
  @Get('ping/now')
  ping() {
    return 'pong';
  }

  @Get(':id')
  async find(
    @Param('id') id: string,
    @Baggage('user.id') user: string,
    @CurrentSpan() span: { spanContext(): { spanId: string } },
  ) {
    return [await this.orders.load(id), user, span.spanContext().spanId].join();
  }
}

const PATHS = ['/orders/1', '/orders/2', '/orders/ping/now', '/orders/bad', '/orders/3'];

async function exchange(server: ServerKind, setup: (app: INestApplication) => unknown) {
  const app = await startApp({ server, controllers: [OrdersController], providers: [Orders], setup });
  const send = (path: string) => app.get(path, { 'x-user-id': `user of ${path}` });
  // One after the other, so that the first opens the connection, then all at once.
  const answers = [await send('/orders/0'), ...(await Promise.all(PATHS.map(send)))];
  await app.close();
  return { app, bodies: answers.map(({ body }) => body) };
}

function expectOwnContexts({ app, bodies }: { app: TestApp; bodies: string[] }) {
  const spans = app.recorder.spans();
  const servers = spans.filter(({ name }) => name === 'GET /orders/:id');
  const serverOf = (path: string) => servers.find((span) => span.attributes['url.path'] === path)!;
  const answered = ['/orders/0', '/orders/1', '/orders/2', '/orders/3'];
  expect(bodies.filter((body) => body.includes('user of'))).toEqual(
    answered.map((path) =>
      [`user of ${path}`, `user of ${path}`, serverOf(path).spanContext().spanId].join(),
    ),
  );
  const paths = servers.map((span) => String(span.attributes['url.path']));
  expect(paths.sort()).toEqual([...answered, '/orders/bad']);
  for (const path of paths) {
    const server = serverOf(path);
    const bad = path === '/orders/bad';
    const failure = {
      status: { code: 'ERROR', message: 'no such order' },
      events: [exceptionEvent('TypeError', 'no such order')],
    } as const;
    const identity = { 'user.id': `user of ${path}` };
    expect(shapeOf(server)).toEqual(
      serverSpan(app, {
        path,
        route: '/orders/:id',
        handler: 'OrdersController.find',
        code: bad ? 500 : 200,
        attributes: { ...identity, ...(bad && { 'error.type': 'TypeError' }) },
        ...(bad && { status: { code: 'ERROR' } }),
      }),
    );
    const children = spans.filter((span) => span.parentSpanContext?.spanId === server.spanContext().spanId);
    expect(children.map(shapeOf)).toEqual([
      {
        ...PLAIN_SPAN,
        name: 'Orders.load',
        parent: server.spanContext().spanId,
        attributes: { ...identity, ...(bad && { 'error.type': 'TypeError' }) },
        ...(bad && failure),
      },
    ]);
  }
  expect(spans).toHaveLength(10);
}

describe.each(ALL_SERVERS)('$name: middleware that goes on from', (server) => {
  it.each(Object.keys(LOSING))('%s', async (way) => {
    expectOwnContexts(await exchange(server, (app) => app.use(LOSING[way]!())));
  });
});

interface FastifyHooks {
  addHook(name: string, hook: (...args: unknown[]) => unknown): void;
}

describe.each([FASTIFY, FASTIFY_H2C])('$name: a hook that goes on from a shared connection', (server) => {
  it.each(['onRequest', 'preParsing', 'preValidation', 'preHandler', 'onSend'])('%s', async (name) => {
    const connection = new SharedConnection();
    expectOwnContexts(
      await exchange(server, (app) => {
        const fastify: FastifyHooks = app.getHttpAdapter().getInstance();
        fastify.addHook(name, (...args) => {
          const done = args.at(-1) as (error: null, payload?: unknown) => void;
          connection.call(() => {
            done(null, args[2] === done ? undefined : args[2]);
          });
        });
      }),
    );
  });
});
