import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { Controller, Get, RequestMethod, type MiddlewareConsumer, type NestModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { describe, expect, it, onTestFinished } from 'vitest';
import { TelemetryMetricsModule } from '../../../src/index.js';
import { SpanRecorder, TelemetryTestingModule } from '../../../src/testing/index.js';
import { EXPRESS, HTTP1_SERVERS } from '../../support/server-kinds.js';
import { appModule, startApp, type TestApp } from '../../support/test-app.js';

@Controller('orders')
class OrdersController {
  @Get(':id')
  find() {
    return 'order';
  }
}

type Next = () => void;

/** As far as it is used here; the package, which comes with the adapter, has no types of its own. */
interface Express {
  (): Express;
  Router(options?: object): Express;
  get(path: string, handler: (request: never, response: never) => unknown): Express;
  use(path: string, ...handlers: unknown[]): Express;
}
const express = createRequire(import.meta.url)('express') as Express;

async function routesOf(app: TestApp, paths: readonly string[]) {
  for (const path of paths) await app.get(path);
  await app.close();
  return app.recorder.spans().map(({ name, attributes }) => [name, attributes['http.route']]);
}

describe('http.route of routers that are mounted on Express', () => {
  it.each([
    ['/tenants/acme/items/7', '/tenants/:tenant/items/:id'],
    ['/tenants/zeta/items/8', '/tenants/:tenant/items/:id'],
    ['/QUEUES/jobs/1', '/queues/jobs/:id'],
    ['/board/api/jobs/3', '/board/api/jobs/:id'],
    ['/Board/API/jobs/3', '/board/api/jobs/:id'],
    ['/tenants/admin/users', '/tenants/admin/users'],
    ['/any/7/thing', undefined],
    ['/ORDERS/7', '/orders/:id'],
    ['/named/by/client', undefined],
    ['/passed/7', undefined],
  ])('%s: %s', async (path, route) => {
    const app = await startApp({
      server: EXPRESS,
      controllers: [OrdersController],
      setup: (nest) => {
        const answer = (_request: unknown, response: { send(body: string): unknown }) => {
          response.send('done');
        };
        const items = express.Router({ mergeParams: true }).get('/items/:id', answer);
        const queues = express.Router().get('/jobs/:id', answer);
        nest.use('/tenants/admin', express.Router().get('/users', answer));
        nest.use('/tenants/:tenant', items);
        nest.use('/queues', queues);
        nest.use('/board', express().use('/api', queues));
        nest.use(/^\/any\/\d+/, express.Router().get('/thing', answer));
        nest.use('/named', (request: { route: unknown; url: string }, response: never) => {
          request.route = { path: request.url, method: 'get' };
          answer(request, response);
        });
        nest.getHttpAdapter().get('/passed/:id', ((_request: unknown, _response: unknown, next: Next) => {
          next();
        }) as never);
      },
    });
    expect(await routesOf(app, [path])).toEqual([[route === undefined ? 'GET' : `GET ${route}`, route]]);
  });

  it('has the path below which the whole app is mounted', async () => {
    const recorder = new SpanRecorder();
    const root = appModule({ controllers: [OrdersController] }, [
      TelemetryTestingModule.forRoot({ exporter: recorder }),
    ]);
    const adapter = new ExpressAdapter();
    const app = await NestFactory.create(root, adapter, { logger: false });
    await app.init();
    const outer = express().use('/shops/:shop', adapter.getInstance());
    const server = createServer(
      outer as unknown as (request: IncomingMessage, response: ServerResponse) => void,
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(async () => {
      server.close();
      await app.close();
    });
    const { port } = server.address() as AddressInfo;
    for (const path of ['/shops/berlin/orders/7?page=2', '/shops/rome/nowhere']) {
      await (await fetch(`http://127.0.0.1:${port}${path}`)).text();
    }
    const recorded = app.get(SpanRecorder, { strict: false });
    await expect.poll(() => recorded.spans().length).toBe(2);
    expect(
      recorded
        .spans()
        .map(({ name, attributes }) => [name, attributes['url.path'], attributes['url.query'] ?? '']),
    ).toEqual([
      ['GET /shops/:shop/orders/:id', '/shops/berlin/orders/7', 'page=2'],
      ['GET', '/shops/rome/nowhere', ''],
    ]);
  });
});

describe.each(HTTP1_SERVERS)('on $name', (server) => {
  it('gives a 404 no route, whatever middleware the path has', async () => {
    class Filed implements NestModule {
      configure(consumer: MiddlewareConsumer) {
        consumer
          .apply((_request: unknown, _response: unknown, next: Next) => {
            next();
          })
          .forRoutes({ path: 'files/:id', method: RequestMethod.GET });
      }
    }
    const app = await startApp({ server, controllers: [OrdersController], imports: [Filed] });
    expect(await routesOf(app, ['/files/7'])).toEqual([['GET', undefined]]);
  });

  it('leaves out the library’s own pages and the long polls of socket.io', async () => {
    const app = await startApp({
      server,
      controllers: [OrdersController],
      imports: [TelemetryMetricsModule.register({ path: 'metrics' })],
    });
    const polls = ['/socket.io/?EIO=4&transport=polling&t=1', '/ws/?transport=polling&EIO=4'];
    expect(
      await routesOf(app, ['/metrics', ...polls, '/orders/7?EIO=4&transport=polling', '/else?EIO=4']),
    ).toEqual([
      ['GET /orders/:id', '/orders/:id'],
      ['GET', undefined],
    ]);
  });
});
