import { EventEmitter, once } from 'node:events';
import { createServer, IncomingMessage, ServerResponse, type RequestListener, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { Writable } from 'node:stream';
import { Controller, Get, Post, type INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { expect, it, onTestFinished } from 'vitest';
import { TracerManager } from '../../../src/index.js';
import { SpanRecorder, TelemetryTestingModule } from '../../../src/testing/index.js';
import { send } from '../../support/http-client.js';
import { appModule, startApp } from '../../support/test-app.js';

@Controller('orders')
class OrdersController {
  @Get(':id')
  findOne() {
    return 'order';
  }

  @Post()
  create() {
    return 'created';
  }
}

/** An app that was initialised and does not listen itself. */
async function initialised(adapter = new ExpressAdapter()): Promise<INestApplication> {
  const root = appModule({ imports: [TelemetryTestingModule.forRoot()], controllers: [OrdersController] });
  const app = await NestFactory.create(root, adapter, {
    logger: false,
    abortOnError: false,
  });
  onTestFinished(() => app.close());
  await app.init();
  return app;
}

async function listen(handler: RequestListener): Promise<string> {
  const server: Server = createServer(handler).listen(0, '127.0.0.1');
  onTestFinished(() => {
    server.close();
  });
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

it('traces an Express app behind servers of its own making', async () => {
  const app = await initialised();
  const express = app.getHttpAdapter().getInstance() as RequestListener;
  const urls = [await listen(express), await listen(express)];
  const recorder = app.get(SpanRecorder);
  for (const url of urls) expect((await send(url, false, { path: '/orders/7' })).status).toBe(200);
  expect((await send(urls[0]!, false, { path: '/nowhere' })).status).toBe(404);
  await app.close();
  expect(recorder.spans().map(({ name }) => name)).toEqual(['GET /orders/:id', 'GET /orders/:id', 'GET']);
});

it('traces an Express app that another one calls, malformed bodies included', async () => {
  const app = await initialised();
  const express = app.getHttpAdapter().getInstance() as RequestListener;
  const url = await listen((request, response) => {
    request.url = request.url?.replace('/shop', '') ?? '/';
    express(request, response);
  });
  const headers = { 'content-type': 'application/json' };
  await send(url, false, { method: 'POST', path: '/shop/orders', headers, body: '{}' });
  await send(url, false, { method: 'POST', path: '/shop/orders', headers, body: '{' });
  const recorder = app.get(SpanRecorder);
  await app.close();
  const seen = recorder
    .spans()
    .map(({ name, attributes }) => [name, attributes['http.response.status_code']]);
  expect(seen).toEqual([
    ['POST /orders', 201],
    ['POST', 400],
  ]);
});

/** Sockets as serverless adapters make them: no server of Node's has anything to do with them. */
const SERVERLESS_SOCKETS = {
  'a stream': () => new Writable({ write: (_chunk, _encoding, done) => done() }),
  // Finishes the response before its `end` has returned.
  'an object that writes at once': () =>
    Object.assign(new EventEmitter(), {
      writable: true,
      _writableState: {},
      cork: () => undefined,
      uncork: () => undefined,
      destroy: () => undefined,
      write: (...args: unknown[]) => {
        const written = args.at(-1);
        if (typeof written === 'function') Reflect.apply(written, undefined, []);
        return true;
      },
    }),
};

it.each(Object.entries(SERVERLESS_SOCKETS))(
  'traces what a serverless adapter hands over, whose responses never close: %s',
  async (_kind, newSocket) => {
    const app = await initialised();
    const express = app.getHttpAdapter().getInstance() as RequestListener;
    const socket = newSocket() as unknown as Socket;
    const request = new IncomingMessage(socket);
    Object.assign(request, { method: 'GET', url: '/orders/7', headers: { host: 'api.example' } });
    const response = new ServerResponse(request);
    response.assignSocket(socket);
    const answered = once(response, 'finish');
    express(request, response);
    await answered;
    const recorder = app.get(SpanRecorder);
    expect(recorder.tree()).toEqual([{ name: 'GET /orders/:id', children: [] }]);
    const { attributes } = recorder.span('GET /orders/:id');
    expect(attributes).toMatchObject({ 'http.response.status_code': 200 });
    expect(attributes).not.toHaveProperty('nestjs.request.aborted');
    expect(app.get(TracerManager, { strict: false }).status().spans).toMatchObject({ live: 0, ended: 1 });
  },
);

it('traces a request once that Express handles twice', async () => {
  const setup = (app: INestApplication) => {
    const express = app.getHttpAdapter().getInstance();
    app.use((request: { url: string }, response: unknown, next: () => void) => {
      if (!request.url.startsWith('/old/')) {
        next();
        return;
      }
      request.url = request.url.replace('/old/', '/');
      express.handle(request, response);
    });
  };
  const app = await startApp({ controllers: [OrdersController], setup });
  expect((await app.get('/old/orders/7')).body).toBe('order');
  await app.close();
  expect(app.recorder.spans().map(({ name, attributes }) => [name, attributes['url.path']])).toEqual([
    ['GET /orders/:id', '/old/orders/7'],
  ]);
});

it('starts no trace while the app is disabled', async () => {
  const app = await startApp({ telemetry: { enabled: false }, controllers: [OrdersController] });
  const url = await listen(app.app.getHttpAdapter().getInstance() as RequestListener);
  expect((await send(url, false, { path: '/orders/7' })).body).toBe('order');
  await app.close();
  expect(app.recorder.spans()).toEqual([]);
});

it('gives Express its own entrance back while telemetry is off', async () => {
  const app = await initialised();
  const express = app.getHttpAdapter().getInstance() as { handle: unknown };
  const manager = app.get(TracerManager);
  const watched = express.handle;
  await manager.reconfigure({ enabled: false });
  const own = express.handle;
  expect(own).not.toBe(watched);
  await manager.reconfigure({ enabled: true });
  expect(express.handle).not.toBe(own);
  await manager.reconfigure({ enabled: false });
  expect(express.handle).toBe(own);
  await app.close();
});

it('has its own function on the server only while telemetry is on', async () => {
  const app = await initialised();
  const server = app.getHttpServer() as Server;
  const manager = app.get(TracerManager);
  const watched = server.emit;
  expect(watched).not.toBe(EventEmitter.prototype.emit);
  await manager.reconfigure({ enabled: false });
  expect(server.emit).toBe(EventEmitter.prototype.emit);

  // Another library comes in between.
  await manager.reconfigure({ enabled: true });
  const between = server.emit;
  const emit: Server['emit'] = (event: string, ...args: unknown[]) =>
    Reflect.apply(between, server, [event, ...args]);
  server.emit = emit;
  await manager.reconfigure({ enabled: false });
  expect(server.emit).toBe(emit);
  await manager.reconfigure({ enabled: true });

  await app.listen(0, '127.0.0.1');
  expect((await send(await app.getUrl(), false, { path: '/orders/7' })).status).toBe(200);
  await app.close();
  expect(
    app
      .get(SpanRecorder)
      .spans()
      .map(({ name }) => name),
  ).toEqual(['GET /orders/:id']);
});
