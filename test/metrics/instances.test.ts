import { Controller, Get, Module } from '@nestjs/common';
import { metrics } from '@opentelemetry/api';
import { AggregationTemporality, InMemoryMetricExporter } from '@opentelemetry/sdk-metrics';
import { describe, expect, it } from 'vitest';
import {
  Counted,
  InjectMeter,
  MeterManager,
  TelemetryModule,
  type TelemetryModuleOptions,
} from '../../src/index.js';
import { startApp, type TestApp } from '../support/test-app.js';
import { MetricsReceiver } from './support/metrics-receiver.js';
import { pointsOf } from './support/memory-metrics.js';

function memory(): InMemoryMetricExporter {
  return new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
}

class Invoices {
  constructor(readonly meters: MeterManager) {}

  @Counted('invoices.made')
  make(): string {
    this.meters.counter('by.hand').add(1);
    return 'made';
  }
}
Reflect.defineMetadata('design:paramtypes', [MeterManager], Invoices);

@Controller('billing')
class BillingController {
  constructor(private readonly invoices: Invoices) {}

  @Get('made')
  make(): string {
    return this.invoices.make();
  }

  @Get('hidden')
  hidden(): string {
    return 'hidden';
  }
}
Reflect.defineMetadata('design:paramtypes', [Invoices], BillingController);

@Controller('shop')
class ShopController {
  constructor(@InjectMeter('shop-meter') private readonly meter: ReturnType<MeterManager['getMeter']>) {}

  @Get()
  visit(): string {
    this.meter.createCounter('visits').add(1);
    return 'visited';
  }
}

async function twoInstances(billing: TelemetryModuleOptions, shop: TelemetryModuleOptions): Promise<TestApp> {
  class Billing {}
  Module({
    imports: [
      TelemetryModule.forRoot({ service: { name: 'billing' }, exporter: { type: 'none' }, ...billing }),
    ],
    controllers: [BillingController],
    providers: [Invoices],
  })(Billing);
  return startApp({
    telemetry: false,
    imports: [
      Billing,
      TelemetryModule.forRoot({
        service: { name: 'shop' },
        exporter: { type: 'none' },
        isGlobal: true,
        ...shop,
      }),
    ],
    controllers: [ShopController],
  });
}

function routes(exporter: InMemoryMetricExporter): unknown[] {
  return pointsOf(exporter, 'http.server.request.duration').map(({ attributes }) => attributes['http.route']);
}

describe('two instances', () => {
  it('have two providers, share nothing, and set no global one', async () => {
    const before = metrics.getMeterProvider();
    const [billing, shop] = [memory(), memory()];
    const app = await twoInstances({ metrics: { readers: billing } }, { metrics: { readers: shop } });
    await app.get('/billing/made');
    await app.get('/shop');
    await app.get('/shop');
    await app.get('/nowhere');
    await app.close();

    expect(metrics.getMeterProvider()).toBe(before);
    expect(metrics.getMeterProvider().getMeter('x').constructor.name).toBe('NoopMeter');
    const services = (exporter: InMemoryMetricExporter): unknown[] => [
      ...new Set(exporter.getMetrics().map(({ resource }) => resource.attributes['service.name'])),
    ];
    expect([services(billing), services(shop)]).toEqual([['billing'], ['shop']]);
    expect(routes(billing)).toEqual(['/billing/made']);
    expect(routes(shop)).toEqual(['/shop', undefined]);
    expect(pointsOf(shop, 'http.server.request.duration').map(({ value }) => value.count)).toEqual([2, 1]);
    expect(['invoices.made', 'by.hand', 'visits'].map((name) => pointsOf(billing, name).length)).toEqual([
      1, 1, 0,
    ]);
    expect(['invoices.made', 'by.hand', 'visits'].map((name) => pointsOf(shop, name).length)).toEqual([
      0, 0, 1,
    ]);
    expect(
      shop
        .getMetrics()
        .at(-1)
        ?.scopeMetrics.map(({ scope }) => scope.name),
    ).toContain('shop-meter');
    for (const exporter of [billing, shop]) {
      expect(pointsOf(exporter, 'http.server.active_requests').map(({ value }) => value)).toEqual([0]);
    }
  });

  it('measure what they cover alone: neither excluded routes nor those of an instance without http', async () => {
    const [billing, shop] = [memory(), memory()];
    const app = await twoInstances(
      { metrics: { readers: billing }, http: { exclude: ['/billing/hidden'] } },
      { metrics: { readers: shop }, http: false },
    );
    await app.get('/billing/hidden');
    await app.get('/shop');
    await app.get('/nowhere');
    await app.close();
    for (const exporter of [billing, shop]) {
      expect(routes(exporter)).toEqual([]);
      expect(pointsOf(exporter, 'http.server.active_requests')).toEqual([]);
    }
  });

  it('measure no requests with `metrics: { http: false }`, and nothing with `metrics: false`', async () => {
    const billing = memory();
    const app = await twoInstances({ metrics: { readers: billing, http: false } }, { metrics: false });
    await app.get('/billing/made');
    await app.get('/shop');
    await app.close();
    expect(routes(billing)).toEqual([]);
    expect(pointsOf(billing, 'invoices.made')).toHaveLength(1);
  });
});

it('sends metrics beside the spans of an OTLP exporter, with its headers, and flushes them when the app closes', async () => {
  const receiver = await MetricsReceiver.start();
  const app = await startApp({
    telemetry: false,
    imports: [
      TelemetryModule.forRoot({
        service: { name: 'shop' },
        exporter: { type: 'otlp-http', url: `${receiver.httpUrl}/v1/traces`, headers: { 'x-key': 'k' } },
      }),
    ],
    controllers: [ShopController],
  });
  await app.get('/shop');
  await app.close();
  await receiver.waitUntil(() => receiver.latest('http.server.request.duration').length > 0);
  expect(receiver.requests).toContainEqual(
    expect.objectContaining({ path: '/v1/metrics', headers: expect.objectContaining({ 'x-key': 'k' }) }),
  );
  expect(receiver.latest('visits')).toMatchObject([{ value: 1, scope: 'shop-meter', monotonic: true }]);
  expect(receiver.latest('otel.sdk.exporter.span.exported')).toMatchObject([{ value: 1, unit: '{span}' }]);
});

it('prints nothing to the console of a newcomer', async () => {
  const app = await startApp({
    telemetry: false,
    imports: [TelemetryModule.forRoot({ service: { name: 'shop' }, exporter: { type: 'console' } })],
    controllers: [ShopController],
  });
  expect(app.app.get(MeterManager, { strict: false }).isEnabled()).toBe(false);
});
