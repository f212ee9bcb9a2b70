import { EventEmitter } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import { Socket } from 'node:net';
import { Readable, Writable } from 'node:stream';
import { context, diag, metrics, propagation, trace } from '@opentelemetry/api';
import { Controller, Get, Inject, Injectable, Sse } from '@nestjs/common';
import { Observable, of } from 'rxjs';
import { expect, it } from 'vitest';
import { Span } from '../../src/index.js';
import { EXPRESS, FASTIFY } from '../support/server-kinds.js';
import { startApp } from '../support/test-app.js';

@Injectable()
class Orders {
  plain(): string {
    return 'plain';
  }

  @Span()
  async spanned(): Promise<string> {
    return (await fetch(`http://127.0.0.1:${(this.receiver.address() as { port: number }).port}/`)).text();
  }

  constructor(@Inject('RECEIVER') private readonly receiver: http.Server) {}
}

@Controller()
class OrdersController {
  constructor(@Inject(Orders) private readonly orders: Orders) {}

  @Get('order')
  async order(): Promise<string> {
    return this.orders.plain() + (await this.orders.spanned());
  }

  @Sse('events')
  events(): Observable<unknown> {
    return of({ data: 1 });
  }
}

/** Everything that code of the app, of Node and of RxJS could be patched at. */
const OBJECTS: Readonly<Record<string, object>> = {
  orders: Orders.prototype,
  controller: OrdersController.prototype,
  emitter: EventEmitter.prototype,
  http,
  https,
  server: http.Server.prototype,
  incoming: http.IncomingMessage.prototype,
  outgoing: http.ServerResponse.prototype,
  socket: Socket.prototype,
  readable: Readable.prototype,
  writable: Writable.prototype,
  promise: Promise.prototype,
  observable: Observable.prototype,
};

/** What of these objects is not what it was. */
function snapshot(): () => string[] {
  const before = Object.entries(OBJECTS).map(([name, object]) => ({
    name,
    object,
    properties: Object.getOwnPropertyDescriptors(object),
  }));
  return () =>
    before.flatMap(({ name, object, properties }) => {
      const after = Object.getOwnPropertyDescriptors(object) as Record<string, PropertyDescriptor>;
      return [...new Set([...Object.keys(properties), ...Object.keys(after)])]
        .filter(
          (key) => properties[key]?.value !== after[key]?.value || properties[key]?.get !== after[key]?.get,
        )
        .map((key) => `${name}.${key}`);
    });
}

const apiState = (): unknown =>
  (globalThis as Record<symbol, unknown>)[Symbol.for('opentelemetry.js.api.1')] ?? 'nothing is registered';

it.each([EXPRESS, FASTIFY])(
  'an app on $name leaves globals, environment and prototypes alone',
  async (server) => {
    const receiver = http.createServer((_request, response) => response.end('!'));
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
    // Made by Node when they are first asked for.
    await fetch(`http://127.0.0.1:${(receiver.address() as { port: number }).port}/`);
    const environment = { ...process.env };
    const registered = apiState();
    const nodes = [fetch, setTimeout, queueMicrotask, console.log, process.emit];
    const changed = snapshot();

    const app = await startApp({
      server,
      telemetry: { clients: { http: true } },
      controllers: [OrdersController],
      providers: [Orders, { provide: 'RECEIVER', useValue: receiver }],
    });
    expect((await app.get('/order')).body).toBe('plain!');
    await app.get('/events');
    // Node without a channel for requests has its two functions wrapped while the instance asks for client spans.
    const wrapped = changed().filter((name) => !/^https?\.(request|get)$/.test(name));
    await app.close();
    receiver.close();

    expect([wrapped, changed()]).toEqual([[], []]);
    expect([fetch, setTimeout, queueMicrotask, console.log, process.emit]).toEqual(nodes);
    expect({ ...process.env }).toEqual(environment);
    expect(apiState()).toBe(registered);
    expect(
      [trace.getTracerProvider(), metrics.getMeterProvider()].map((provider) => '_delegate' in provider),
    ).toEqual([false, false]);
    expect([context.active().getValue(Symbol.for('x')), propagation.fields()]).toEqual([undefined, []]);
    expect(() => {
      diag.info('goes nowhere');
    }).not.toThrow();
    expect(
      app.recorder
        .spans()
        .map(({ name }) => name)
        .sort(),
    ).toEqual(['GET', 'GET /events', 'GET /order', 'Orders.spanned'].sort());
  },
);
