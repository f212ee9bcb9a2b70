import {
  Controller,
  ForbiddenException,
  Get,
  HttpException,
  InternalServerErrorException,
  Param,
  Post,
  Sse,
  StreamableFile,
  UseGuards,
} from '@nestjs/common';
import { Readable } from 'node:stream';
import { EMPTY, NEVER, concat, of, Subject, type Observable } from 'rxjs';
import { afterEach, describe, expect, it } from 'vitest';
import { MeterManager } from '../../src/index.js';
import { ALL_SERVERS } from '../support/server-kinds.js';
import { startApp, type TestApp } from '../support/test-app.js';
import { MetricsReceiver, type ReceivedPoint } from './support/metrics-receiver.js';

const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

class Denied {
  canActivate(): boolean {
    throw new ForbiddenException();
  }
}

let hanging = new Subject<void>();

@Controller()
class ShopController {
  @Get('orders/:id')
  order(@Param('id') id: string): { id: string } {
    if (id === 'none') throw new HttpException('no such order', 404);
    if (id === 'broken') throw new TypeError('broken');
    if (id === 'down') throw new InternalServerErrorException();
    return { id };
  }

  @Post('orders')
  create(): string {
    return 'created';
  }

  @UseGuards(Denied)
  @Get('secret')
  secret(): string {
    return 'never';
  }

  @Get('hang')
  hang(): Promise<void> {
    hanging.next();
    return new Promise(() => {});
  }

  @Get('file')
  file(): StreamableFile {
    return new StreamableFile(Readable.from(['abc', 'def']));
  }

  @Sse('finite')
  finite(): Observable<{ data: number }> {
    return of({ data: 1 }, { data: 2 });
  }

  @Sse('endless')
  endless(): Observable<{ data: number }> {
    return concat(of({ data: 1 }), NEVER);
  }

  @Sse('empty')
  empty(): Observable<never> {
    return EMPTY;
  }
}

interface Measured {
  readonly app: TestApp;
  readonly receiver: MetricsReceiver;
  flush(): Promise<void>;
}

afterEach(() => {
  hanging = new Subject();
});

describe.each(ALL_SERVERS)('$name', (server) => {
  const protocol = server.http2 ? '2' : '1.1';
  const common = { 'url.scheme': server.scheme, 'network.protocol.version': protocol };

  async function start(
    options: { sampler?: number; streamDuration?: 'whole'; bodySizes?: boolean } = {},
  ): Promise<Measured> {
    const { sampler = 1, ...http } = options;
    const receiver = await MetricsReceiver.start();
    const app = await startApp({
      server,
      controllers: [ShopController],
      telemetry: {
        sampler,
        baggage: { headers: { 'x-plan': 'app.plan' }, metricAttributes: ['app.plan'] },
        metrics: { readers: { type: 'otlp-grpc', url: receiver.grpcUrl }, http, self: false },
      },
    });
    return { app, receiver, flush: () => app.app.get(MeterManager, { strict: false }).forceFlush() };
  }

  function requests(receiver: MetricsReceiver): object[] {
    return receiver
      .latest('http.server.request.duration')
      .map(({ attributes, count }) => ({ ...attributes, count }))
      .sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  }

  /** All active counts that are known, and whether they are back at zero. */
  async function settled({ receiver, flush }: Measured, name: string): Promise<ReceivedPoint[]> {
    for (;;) {
      await flush();
      const points = receiver.latest(name);
      if (points.length > 0 && points.every(({ value }) => value === 0)) return points;
    }
  }

  it.each([1, 0])('measures every outcome exactly, at a sampling ratio of %d', async (sampler) => {
    const measured = await start({ sampler });
    const { app, receiver } = measured;
    for (const id of ['1', '2', '3']) await app.get(`/orders/${id}`);
    await app.get('/orders/none');
    await app.get('/orders/broken');
    await app.get('/orders/down');
    await app.get('/secret');
    await app.get('/nowhere/at/all');
    await app.send({
      method: 'POST',
      path: '/orders',
      body: '{}',
      headers: { 'content-type': 'application/json' },
    });
    const begun = new Promise<void>((resolve) => hanging.subscribe(resolve));
    const hung = app.open({ path: '/hang' });
    await begun;
    await measured.flush();
    expect(receiver.latest('http.server.active_requests')).toContainEqual(
      expect.objectContaining({
        kind: 'sum',
        monotonic: false,
        unit: '{request}',
        attributes: { 'http.request.method': 'GET', 'url.scheme': server.scheme },
        value: 1,
      }),
    );
    hung.abort();
    await settled(measured, 'http.server.active_requests');

    const get = { 'http.request.method': 'GET', ...common };
    const order = { ...get, 'http.route': '/orders/:id' };
    const expected = [
      { ...order, 'http.response.status_code': 200, count: 3 },
      { ...order, 'http.response.status_code': 404, count: 1 },
      { ...order, 'http.response.status_code': 500, 'error.type': 'TypeError', count: 1 },
      { ...order, 'http.response.status_code': 500, 'error.type': 'InternalServerErrorException', count: 1 },
      { ...get, 'http.route': '/secret', 'http.response.status_code': 403, count: 1 },
      { ...get, 'http.response.status_code': 404, count: 1 },
      {
        'http.request.method': 'POST',
        ...common,
        'http.route': '/orders',
        'http.response.status_code': 201,
        count: 1,
      },
      { ...get, 'http.route': '/hang', 'error.type': 'client_disconnect', count: 1 },
    ].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
    expect(requests(receiver)).toHaveLength(expected.length);
    expect(requests(receiver)).toEqual(expect.arrayContaining(expected));
    const [point] = receiver.latest('http.server.request.duration');
    expect(point).toMatchObject({
      kind: 'histogram',
      unit: 's',
      temporality: 'cumulative',
      bounds: BUCKETS,
      scope: 'nestjs-telemetry',
      resource: { 'service.name': 'test' },
    });
    for (const { count, counts, sum } of receiver.latest('http.server.request.duration')) {
      expect(counts!.reduce((total, part) => total + part, 0)).toBe(count);
      expect(sum).toBeGreaterThan(0);
      expect(sum).toBeLessThan(count! * 5);
    }
  });

  it.each([1, 0])('measures streams apart, at a sampling ratio of %d', async (sampler) => {
    const measured = await start({ sampler });
    const { app, receiver } = measured;
    // What a request says of itself is for instruments of the user.
    const plan = { 'x-plan': 'gold' };
    await app.get('/file', plan);
    await app.get('/finite', plan);
    const endless = app.open({ path: '/endless', headers: plan });
    await endless.firstChunk;
    await measured.flush();
    const active = receiver.latest('stream.active').filter(({ value }) => value === 1);
    expect(active).toEqual([
      expect.objectContaining({ attributes: { 'stream.type': 'sse' }, unit: '{stream}', monotonic: false }),
    ]);
    const held = performance.now();
    while (performance.now() - held < 300) await measured.flush();
    endless.abort();
    await settled(measured, 'stream.active');
    await settled(measured, 'http.server.active_requests');

    const streams = receiver
      .latest('stream.duration')
      .map(({ attributes, count }) => ({ ...attributes, count }));
    const expected = [
      { 'http.route': '/file', 'stream.type': 'body', 'stream.outcome': 'completed', count: 1 },
      { 'http.route': '/finite', 'stream.type': 'sse', 'stream.outcome': 'completed', count: 1 },
      { 'http.route': '/endless', 'stream.type': 'sse', 'stream.outcome': 'client_disconnect', count: 1 },
    ];
    expect(streams).toHaveLength(3);
    expect(streams).toEqual(expect.arrayContaining(expected));
    const outcomes = receiver.latest('stream.outcomes');
    expect(outcomes.map(({ attributes, value }) => ({ ...attributes, count: value }))).toEqual(
      expect.arrayContaining(expected),
    );
    // The life of the stream is in its own duration; latency is the time to its first byte.
    const life = receiver
      .latest('stream.duration')
      .find(({ attributes }) => attributes['http.route'] === '/endless');
    const latency = receiver
      .latest('http.server.request.duration')
      .find(({ attributes }) => attributes['http.route'] === '/endless');
    expect(life).toMatchObject({ unit: 's' });
    expect(life!.sum).toBeGreaterThan(0.3);
    expect(latency!.sum).toBeLessThan(0.3);
    expect(latency!.attributes).toEqual({
      'http.request.method': 'GET',
      ...common,
      'http.route': '/endless',
      'http.response.status_code': 200,
    });
  });

  it('measures the whole of a stream as latency where that is wanted', async () => {
    const measured = await start({ streamDuration: 'whole' });
    const { app, receiver } = measured;
    const endless = app.open({ path: '/endless' });
    await endless.firstChunk;
    const held = performance.now();
    while (performance.now() - held < 200) await measured.flush();
    endless.abort();
    await settled(measured, 'stream.active');
    const [latency] = receiver.latest('http.server.request.duration');
    expect(latency!.sum).toBeGreaterThan(0.2);
  });

  it('measures body sizes where they are wanted', async () => {
    const measured = await start({ bodySizes: true });
    const { app, receiver } = measured;
    const body = JSON.stringify({ text: 'x'.repeat(300) });
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    await app.send({ method: 'POST', path: '/orders', body, headers });
    // A body whose length nobody announces.
    const type = { 'content-type': 'application/json' };
    const unannounced = { method: 'POST', body: Readable.from([body]), duplex: 'half', headers: type };
    if (server.http2) await app.send({ method: 'POST', path: '/orders', body, headers: type });
    else await fetch(`${app.url}/orders`, unannounced as unknown as RequestInit);
    await app.get('/file');
    await settled(measured, 'http.server.active_requests');
    const sizes = (name: string): object[] =>
      receiver.latest(name).map(({ attributes, sum, unit, count }) => ({
        route: attributes['http.route'],
        ...{ sum, unit, count },
      }));
    expect(sizes('http.server.request.body.size')).toEqual([
      { route: '/orders', sum: Buffer.byteLength(body), unit: 'By', count: 1 },
      { route: '/file', sum: 0, unit: 'By', count: 1 },
    ]);
    expect(sizes('http.server.response.body.size')).toEqual([
      { route: '/orders', sum: 2 * 'created'.length, unit: 'By', count: 2 },
      { route: '/file', sum: 6, unit: 'By', count: 1 },
    ]);
  });
});
