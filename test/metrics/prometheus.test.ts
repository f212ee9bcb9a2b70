import { Controller, Get, Inject, Injectable, Module, UnauthorizedException } from '@nestjs/common';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { MeterManager, TelemetryMetricsModule, TelemetryModule } from '../../src/index.js';
import { ALL_SERVERS } from '../support/server-kinds.js';
import { startApp } from '../support/test-app.js';
import { parseExposition } from './support/exposition-parser.js';
import { meterPipeline } from './support/memory-metrics.js';
import { MetricsReceiver } from './support/metrics-receiver.js';

@Controller()
class ShopController {
  @Get('orders/:id')
  order(): string {
    return 'order';
  }
}

class KeyGuard {
  canActivate(context: { switchToHttp(): { getRequest(): { headers: Record<string, string> } } }): boolean {
    if (context.switchToHttp().getRequest().headers['x-key'] !== 'k') throw new UnauthorizedException();
    return true;
  }
}

const TYPE = 'text/plain; version=0.0.4; charset=utf-8';

describe.each(ALL_SERVERS)('$name', (server) => {
  it('serves the page on the app’s own server, behind its guard', async () => {
    const app = await startApp({
      server,
      controllers: [ShopController],
      imports: [TelemetryMetricsModule.register({ path: 'internal/metrics', guards: [KeyGuard] })],
      telemetry: { exporter: { type: 'none' } },
    });
    await app.get('/orders/1');
    expect((await app.get('/internal/metrics')).status).toBe(401);
    const { status, headers, body } = await app.get('/internal/metrics', { 'x-key': 'k' });
    expect([status, headers['content-type']]).toEqual([200, TYPE]);
    const families = parseExposition(body);
    const duration = families.get('http_server_request_duration');
    expect(duration?.type).toBe('histogram');
    const counts = duration?.samples.filter(({ name }) => name.endsWith('_count'));
    expect(counts).toContainEqual({
      name: 'http_server_request_duration_count',
      labels: expect.objectContaining({ http_route: '/orders/:id', http_response_status_code: '200' }),
      value: 1,
    });
    expect(families.get('http_server_active_requests')?.type).toBe('gauge');
    expect(families.get('target_info')?.samples[0]?.labels).toMatchObject({ service_name: 'test' });
  });
});

it('serves the page of the instance that covers the module, and of no other', async () => {
  class Billing {}
  Module({
    imports: [
      TelemetryModule.forRoot({ service: { name: 'billing' }, exporter: { type: 'none' } }),
      TelemetryMetricsModule.register({ path: 'billing-metrics' }),
    ],
  })(Billing);
  const app = await startApp({
    imports: [Billing, TelemetryMetricsModule.register()],
    controllers: [ShopController],
    telemetry: { service: { name: 'shop' } },
  });
  await app.get('/orders/1');
  const shop = parseExposition((await app.get('/metrics')).body);
  const billing = parseExposition((await app.get('/billing-metrics')).body);
  const service = (page: typeof shop): unknown => page.get('target_info')?.samples[0]?.labels['service_name'];
  expect([service(shop), service(billing)]).toEqual(['shop', 'billing']);
  expect(JSON.stringify([...shop.values()])).toContain('/orders/:id');
  expect(JSON.stringify([...billing.values()])).not.toContain('/orders/:id');
});

it('beside an OTLP exporter keeps what constructors count, and what is observed', async () => {
  const receiver = await MetricsReceiver.start();
  @Injectable()
  class Orders {
    constructor(@Inject(MeterManager) meters: MeterManager) {
      meters.counter('orders.loaded').add(3);
      meters.observableCounter('orders.seen', (result) => {
        result.observe(7);
      });
    }
  }
  const app = await startApp({
    telemetry: false,
    imports: [
      TelemetryModule.forRoot({
        service: { name: 'shop' },
        exporter: { type: 'otlp-http', url: `${receiver.httpUrl}/v1/traces` },
      }),
      TelemetryMetricsModule.register(),
    ],
    providers: [Orders],
  });
  const page = parseExposition((await app.get('/metrics')).body);
  const scraped = (name: string): unknown => page.get(name)?.samples.map(({ value }) => value);
  expect([scraped('orders_loaded_total'), scraped('orders_seen_total')]).toEqual([[3], [7]]);
  await app.app.get(MeterManager, { strict: false }).forceFlush();
  const sent = (name: string): unknown => receiver.latest(name).map(({ value }) => value);
  await receiver.waitUntil(() => receiver.latest('orders.seen').length > 0);
  expect([sent('orders.loaded'), sent('orders.seen')]).toEqual([[3], [7]]);
});

it('says what misses an instance', async () => {
  const started = startApp({ telemetry: false, imports: [TelemetryMetricsModule.register()] });
  await expect(started).rejects.toMatchObject({ path: 'TelemetryMetricsModule' });
});

it('serves the page on a port of its own, across reconfigurations, until the app closes', async () => {
  const app = await startApp({
    controllers: [ShopController],
    telemetry: { metrics: { readers: { type: 'prometheus', port: 0, path: '/m', prefix: 'shop' } } },
  });
  const meters = app.app.get(MeterManager, { strict: false });
  const [port] = meters.scrapePorts();
  await app.get('/orders/1');
  const url = `http://127.0.0.1:${port}/m`;
  const response = await fetch(url);
  expect([response.status, response.headers.get('content-type')]).toEqual([200, TYPE]);
  expect([...parseExposition(await response.text()).keys()]).toContain('shop_http_server_request_duration');
  expect((await fetch(`http://127.0.0.1:${port}/other`)).status).toBe(404);
  await meters.reconfigure({ cardinalityLimit: 100 });
  expect(meters.scrapePorts()).toEqual([port]);
  expect((await fetch(url)).status).toBe(200);
  await app.close();
  await expect(fetch(url)).rejects.toThrow();
});

it('serves each reader’s own page, whatever its path and prefix look like, and moves it live', async () => {
  const { meters, close } = await meterPipeline({
    readers: [
      { type: 'prometheus', port: 0, prefix: 'my-shop', path: 'm' },
      { type: 'prometheus', port: 0, prefix: '2nd' },
      { type: 'prometheus', port: 0, host: 'localhost', prefix: 'other' },
    ],
  });
  onTestFinished(close);
  meters.counter('jobs').add(1);
  const [port, other] = meters.scrapePorts() as [number, number];
  const namesOn = async (path: string, on = port): Promise<string[]> => [
    ...parseExposition(await (await fetch(`http://localhost:${on}${path}`)).text()).keys(),
  ];
  expect(await namesOn('/m')).toEqual(['target_info', 'my_shop_jobs_total']);
  expect(await namesOn('/metrics')).toEqual(['target_info', '_2nd_jobs_total']);
  expect(await namesOn('/metrics', other)).toEqual(['target_info', 'other_jobs_total']);
  await meters.reconfigure({ readers: { type: 'prometheus', port: 0, path: '/moved' } });
  expect(meters.scrapePorts()).toEqual([port]);
  expect((await fetch(`http://localhost:${port}/m`)).status).toBe(404);
  expect(await namesOn('/moved')).toEqual(['target_info']);
});

it('leaves no port open when another one is taken', async () => {
  const { meters, close } = await meterPipeline({ readers: { type: 'prometheus', port: 0, path: '/stays' } });
  onTestFinished(close);
  const [port] = meters.scrapePorts() as [number];
  const readers = [
    { type: 'prometheus', port: 0, host: 'localhost' } as const,
    { type: 'prometheus', port } as const,
  ];
  await expect(meters.reconfigure({ readers })).rejects.toMatchObject({ path: 'metrics.readers.port' });
  expect(meters.scrapePorts()).toEqual([port]);
  expect((await fetch(`http://127.0.0.1:${port}/stays`)).status).toBe(200);
});

it('serves the page before Prometheus gives up, even if a callback hangs', async () => {
  const { meters, close, warnings } = await meterPipeline({ readers: { type: 'prometheus' } });
  onTestFinished(close);
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  meters.counter('jobs').add(1);
  meters.observableGauge('hangs', () => new Promise<never>(() => {}));
  const page = meters.scrape();
  await vi.advanceTimersByTimeAsync(9000);
  expect([...parseExposition(await page).keys()]).toContain('jobs_total');
  expect(warnings).toEqual([expect.stringContaining('callback failed')]);
});

it('refuses a port that is taken, at bootstrap', async () => {
  const first = await meterPipeline({ readers: { type: 'prometheus', port: 0 } });
  onTestFinished(first.close);
  const [port] = first.pipeline.scrapePorts();
  await expect(meterPipeline({ readers: { type: 'prometheus', port: port! } })).rejects.toMatchObject({
    code: 'TELEMETRY_EXPORTER_UNBUILDABLE',
    path: 'metrics.readers.port',
  });
});

it('writes a page that a strict parser accepts, whatever names and values are', async () => {
  const { meters, close, warnings } = await meterPipeline(
    { readers: { type: 'prometheus' } },
    { resourceAttributes: { 'a.b': '1', a_b: '2', '9lives': 'x' } },
  );
  onTestFinished(close);
  const odd = {
    '': 'nameless',
    'a.b': 1,
    a_b: 2,
    '9lives': 'x',
    le: 'mine',
    quote: '"\\\n',
    'otel.scope.name': 'spoof',
    on: true,
    list: ['a', 'b'],
  };
  meters.counter('jobs.total', { description: 'Two\nlines and a \\', unit: '1' }).add(1, odd);
  meters.histogram('h-1/x').record(NaN);
  meters.histogram('h-1/x').record(Infinity);
  meters.gauge('temperature').record(-Infinity, { room: 'ü' });
  // One name in two scopes: of the same type, and of another.
  meters.getMeter('a').createCounter('shared').add(1);
  meters.getMeter('b').createCounter('shared').add(2);
  meters.getMeter('a').createGauge('clash').record(1);
  meters.getMeter('b').createHistogram('clash').record(1);
  // Two series that are one here.
  meters.counter('same').add(1, { 'on.air': true });
  meters.counter('same').add(1, { on_air: 'true' });
  const families = parseExposition(await meters.scrape());
  expect(families.get('same_total')?.samples).toHaveLength(1);
  expect(families.get('target_info')?.samples[0]?.labels).toMatchObject({ a_b: '1;2', _9lives: 'x' });
  expect(families.get('shared_total')?.samples.map(({ value }) => value)).toEqual([1, 2]);
  expect(families.get('clash')?.type).toBe('gauge');
  expect(families.get('clash')?.samples).toHaveLength(1);
  expect(warnings).toEqual([expect.stringContaining('clash'), expect.stringContaining('same_total')]);
  expect(families.get('jobs_total')?.samples).toEqual([
    {
      name: 'jobs_total',
      labels: {
        _: 'nameless',
        a_b: '1;2',
        _9lives: 'x',
        attr_le: 'mine',
        quote: '"\\\n',
        attr_otel_scope_name: 'spoof',
        on: 'true',
        list: '["a","b"]',
        otel_scope_name: 'nestjs-telemetry',
        otel_scope_version: expect.any(String),
      },
      value: 1,
    },
  ]);
});

it.each([
  [
    false,
    [
      'http_server_request_duration',
      'bytes_sent_total',
      'cache_hit',
      'jobs_done_total',
      'speed',
      'took_seconds',
    ],
  ],
  [
    true,
    [
      'http_server_request_duration_seconds',
      'bytes_sent_total',
      'cache_hit_ratio',
      'jobs_done_total',
      'speed_mebibytes_per_second',
      'took_seconds',
      'body_bytes_total',
    ],
  ],
])('puts units into names, as receivers of OTLP do, if asked: %s', async (unitSuffixes, expected) => {
  const app = await startApp({
    controllers: [ShopController],
    imports: [TelemetryMetricsModule.register()],
    telemetry: {
      exporter: { type: 'none' },
      metrics: { readers: { type: 'prometheus', unitSuffixes } },
    },
  });
  const meters = app.app.get(MeterManager, { strict: false });
  meters.counter('bytes.sent', { unit: 'By' }).add(1);
  meters.counter('body.total', { unit: 'By' }).add(1);
  meters.counter('jobs.done', { unit: '{job}' }).add(1);
  meters.gauge('cache.hit', { unit: '1' }).record(0.5);
  meters.gauge('speed', { unit: 'MiBy/s' }).record(2);
  meters.histogram('took.seconds', { unit: 's' }).record(1);
  await app.get('/orders/1');
  const names = [...parseExposition((await app.get('/metrics')).body).keys()];
  expect(names).toEqual(expect.arrayContaining(expected));
});
