import { Readable } from 'node:stream';
import { Controller, Get, Inject, Param, Post, Req, StreamableFile } from '@nestjs/common';
import { SpanKind } from '@opentelemetry/api';
import { hrTimeToMilliseconds } from '@opentelemetry/core';
import { describe, expect, it } from 'vitest';
import { TracerManager } from '../../../src/index.js';
import { serverSpan } from '../../support/expected-server-span.js';
import { RawConnection } from '../../support/raw-connection.js';
import { ALL_SERVERS, HTTP1_SERVERS, type ServerKind } from '../../support/server-kinds.js';
import { shapeOf } from '../../support/span-shape.js';
import { startApp } from '../../support/test-app.js';

/** Lets a test hold a handler until the client has gone. */
class Gate {
  readonly entered: Promise<void>;
  readonly opened: Promise<void>;
  enter!: () => void;
  open!: () => void;

  constructor() {
    this.entered = new Promise((resolve) => (this.enter = resolve));
    this.opened = new Promise((resolve) => (this.open = resolve));
  }
}

function slowController(gate: Gate) {
  @Controller('slow')
  class SlowController {
    constructor(@Inject(TracerManager) private readonly tracing: TracerManager) {}

    @Get('handler')
    async handler() {
      gate.enter();
      await gate.opened;
      return this.tracing.withSpan('after', () => 'late');
    }

    @Get('body')
    body() {
      const body = new Readable({ read() {} });
      body.push('first');
      return new StreamableFile(body);
    }

    @Post('upload')
    upload() {
      return 'stored';
    }
  }
  return SlowController;
}

@Controller('orders')
class OrdersController {
  constructor(@Inject(TracerManager) private readonly tracing: TracerManager) {}

  @Get(':id')
  findOne(@Param('id') id: string) {
    return this.tracing.withSpan('load', { attributes: { 'order.id': id } }, () => id);
  }

  /** Answers after those that come later. */
  @Get('late/:id')
  async late(@Param('id') id: string) {
    await new Promise((resolve) => setImmediate(resolve));
    return this.tracing.withSpan('load', { attributes: { 'order.id': id } }, () => id);
  }

  @Get('seen/url')
  url(@Req() request: { url: string }) {
    return request.url;
  }
}

function order(path: string) {
  return { path, route: '/orders/:id', handler: 'OrdersController.findOne' };
}

async function startSlow(server: ServerKind, gate = new Gate()) {
  return startApp({ server, controllers: [slowController(gate)] });
}

describe.each(ALL_SERVERS)('$name', (server) => {
  it('ends the span of a client that leaves while the handler works, without a status', async () => {
    const gate = new Gate();
    const app = await startSlow(server, gate);
    const exchange = app.open({ path: '/slow/handler' });
    await gate.entered;
    exchange.abort();
    const aborted = await app.recorder.waitFor('GET /slow/handler');
    expect(shapeOf(aborted)).toEqual(
      serverSpan(app, {
        path: '/slow/handler',
        route: '/slow/handler',
        handler: 'SlowController.handler',
        code: null,
        attributes: { 'nestjs.request.aborted': true },
      }),
    );
    gate.open();
    const after = await app.recorder.waitFor('after');
    expect(after.parentSpanContext?.spanId).toBe(aborted.spanContext().spanId);
  });

  it('marks a request as aborted whose client leaves in the middle of the body', async () => {
    const app = await startSlow(server);
    const exchange = app.open({ path: '/slow/body' });
    await exchange.firstChunk;
    exchange.abort();
    expect(shapeOf(await app.recorder.waitFor('GET /slow/body'))).toEqual(
      serverSpan(app, {
        path: '/slow/body',
        route: '/slow/body',
        handler: 'SlowController.body',
        attributes: {
          'nestjs.request.aborted': true,
          'stream.bytes': 5,
          'stream.outcome': 'client_disconnect',
        },
      }),
    );
  });

  it('delivers the span of a request that the shutdown of the app cuts off', async () => {
    const gate = new Gate();
    const app = await startSlow(server, gate);
    app.open({ path: '/slow/handler' });
    await gate.entered;
    await app.close();
    const delivered = app.recorder.spans().map(shapeOf);
    gate.open();
    expect(delivered).toEqual([
      serverSpan(app, {
        path: '/slow/handler',
        route: '/slow/handler',
        handler: 'SlowController.handler',
        code: null,
        attributes: { 'nestjs.request.aborted': true },
      }),
    ]);
  });

  it('keeps concurrent requests apart', async () => {
    const app = await startApp({ server, controllers: [OrdersController] });
    const ids = Array.from({ length: 20 }, (_, index) => String(index));
    await Promise.all(ids.map((id) => app.get(`/orders/${id}`)));
    await app.close();
    const spans = app.recorder.spans();
    const served = spans.filter(({ name }) => name === 'GET /orders/:id');
    expect(new Set(served.map((span) => span.spanContext().traceId)).size).toBe(ids.length);
    for (const id of ids) {
      const request = served.find(({ attributes }) => attributes['url.path'] === `/orders/${id}`);
      const load = spans.find(({ attributes }) => attributes['order.id'] === id);
      expect(load?.parentSpanContext?.spanId).toBe(request?.spanContext().spanId);
    }
  });

  it('traces what arrives on either address of localhost', async () => {
    const app = await startApp({ server, controllers: [OrdersController], host: 'localhost' });
    expect((await app.get('/orders/7')).status).toBe(200);
    const span = await app.recorder.waitFor('GET /orders/:id');
    await app.close();
    expect(app.recorder.spans().filter(({ name }) => name === 'GET /orders/:id')).toEqual([span]);
  });
});

describe.each(HTTP1_SERVERS)('$name', (server) => {
  it('gives each request of a kept-alive connection a trace of its own', async () => {
    const app = await startApp({ server, controllers: [OrdersController] });
    const connection = await RawConnection.open(app.url);
    for (const [count, id] of ['a', 'b', 'c'].entries()) {
      connection.write(`GET /orders/${id} HTTP/1.1`, `Host: 127.0.0.1:${app.port}`);
      expect(await connection.statuses(count + 1)).toHaveLength(count + 1);
    }
    connection.close();
    await app.close();
    const spans = app.recorder.spans();
    expect(spans.filter(({ kind }) => kind === SpanKind.SERVER).map(shapeOf)).toEqual(
      ['a', 'b', 'c'].map((id) => serverSpan(app, order(`/orders/${id}`))),
    );
    expect(new Set(spans.map((span) => span.spanContext().traceId)).size).toBe(3);
  });

  it('keeps pipelined requests apart, also where the first answers late', async () => {
    const app = await startApp({ server, controllers: [OrdersController] });
    const connection = await RawConnection.open(app.url);
    const host = `Host: 127.0.0.1:${app.port}`;
    connection.writeRaw(
      ['late/a', 'b', 'late/c'].map((id) => `GET /orders/${id} HTTP/1.1\r\n${host}\r\n\r\n`).join(''),
    );
    expect(await connection.statuses(3)).toEqual([200, 200, 200]);
    connection.close();
    await app.close();
    const spans = app.recorder.spans();
    const owners = ['a', 'b', 'c'].map((id) => {
      const load = spans.find(({ attributes }) => attributes['order.id'] === id);
      const parent = spans.find((span) => span.spanContext().spanId === load?.parentSpanContext?.spanId);
      return parent?.attributes['url.path'];
    });
    expect(owners).toEqual(['/orders/late/a', '/orders/b', '/orders/late/c']);
    expect(new Set(spans.map((span) => span.spanContext().traceId)).size).toBe(3);
  });

  it('traces the absolute form of a target that proxies send', async () => {
    const app = await startApp({ server, controllers: [OrdersController] });
    const connection = await RawConnection.open(app.url);
    connection.write(
      'GET http://shop.example.com:8080/orders/7?page=2 HTTP/1.1',
      'Host: shop.example.com:8080',
    );
    expect(await connection.statuses(1)).toEqual([200]);
    connection.close();
    expect(shapeOf(await app.recorder.waitFor('GET /orders/:id'))).toEqual(
      serverSpan(app, {
        ...order('/orders/7'),
        attributes: { 'url.query': 'page=2', 'server.address': 'shop.example.com', 'server.port': 8080 },
      }),
    );
  });

  it('traces a request without a host, as HTTP/1.0 allows', async () => {
    const app = await startApp({ server, controllers: [OrdersController] });
    const connection = await RawConnection.open(app.url);
    connection.write('GET /orders/7 HTTP/1.0');
    expect(await connection.statuses(1)).toEqual([200]);
    connection.close();
    expect(shapeOf(await app.recorder.waitFor('GET /orders/:id'))).toEqual(
      serverSpan(app, {
        ...order('/orders/7'),
        attributes: {
          'network.protocol.version': '1.0',
          'server.address': undefined,
          'server.port': undefined,
        },
      }),
    );
  });

  it('traces OPTIONS for the whole server', async () => {
    const app = await startApp({ server, controllers: [OrdersController] });
    const connection = await RawConnection.open(app.url);
    connection.write('OPTIONS * HTTP/1.1', `Host: 127.0.0.1:${app.port}`);
    const [code] = await connection.statuses(1);
    connection.close();
    expect(shapeOf(await app.recorder.waitFor('OPTIONS'))).toEqual(
      serverSpan(app, { method: 'OPTIONS', path: '*', code: code! }),
    );
  });

  it('measures from the first byte of the request, before its body has come', async () => {
    const app = await startSlow(server);
    const connection = await RawConnection.open(app.url);
    connection.write(
      'POST /slow/upload HTTP/1.1',
      `Host: 127.0.0.1:${app.port}`,
      'Content-Type: application/json',
      'Content-Length: 2',
      'Expect: 100-continue',
    );
    expect(await connection.statuses(1)).toEqual([100]);
    const headersSeen = Date.now() + 1;
    connection.writeRaw('{}');
    expect(await connection.statuses(2)).toEqual([100, 201]);
    connection.close();
    const span = await app.recorder.waitFor('POST /slow/upload');
    expect(hrTimeToMilliseconds(span.startTime)).toBeLessThanOrEqual(headersSeen);
  });

  it('ends the span of a client that leaves while it sends its body', async () => {
    const app = await startSlow(server);
    const connection = await RawConnection.open(app.url);
    connection.write(
      'POST /slow/upload HTTP/1.1',
      `Host: 127.0.0.1:${app.port}`,
      'Content-Type: application/json',
      'Content-Length: 1000',
      'Expect: 100-continue',
    );
    await connection.statuses(1);
    connection.writeRaw('{"a":').close();
    const span = shapeOf(await app.recorder.waitFor((candidate) => candidate.kind === SpanKind.SERVER));
    expect(span.attributes).toMatchObject({ 'url.path': '/slow/upload', 'client.address': '127.0.0.1' });
    expect(span.status).toEqual({ code: 'UNSET' });
  });
});
