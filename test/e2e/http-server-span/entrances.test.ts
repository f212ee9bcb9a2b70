import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Controller, Get, Post, type INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { expect, it, onTestFinished } from 'vitest';
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
