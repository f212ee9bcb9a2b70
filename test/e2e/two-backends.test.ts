import { Controller, Get, Inject, Injectable, Module } from '@nestjs/common';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Span, TelemetryModule, TracerManager } from '../../src/index.js';
import { OtlpReceiver, type ReceivedSpan } from '../support/otlp-receiver.js';
import { ALL_SERVERS } from '../support/server-kinds.js';
import { startApp, type TestApp } from '../support/test-app.js';

let orders: OtlpReceiver;
let billing: OtlpReceiver;

beforeAll(async () => {
  [orders, billing] = await Promise.all([OtlpReceiver.start(), OtlpReceiver.start()]);
});

beforeEach(() => {
  orders.clear();
  billing.clear();
});

afterAll(async () => {
  await Promise.all([orders.stop(), billing.stop()]);
});

@Injectable()
class BillingService {
  @Span('charge')
  async charge() {
    await Promise.resolve();
    return 'charged';
  }
}

@Controller('billing')
class BillingController {
  constructor(@Inject(BillingService) private readonly billingService: BillingService) {}

  @Get()
  charge() {
    return this.billingService.charge();
  }
}

@Controller('orders')
class OrdersController {
  constructor(
    @Inject(TracerManager) private readonly tracing: TracerManager,
    @Inject(BillingService) private readonly billingService: BillingService,
  ) {}

  @Get('own')
  own() {
    return this.tracing.withSpan('load', () => 'order');
  }

  @Get('paid')
  paid() {
    return this.tracing.withSpan('pay', () => this.billingService.charge());
  }
}

/** An instance whose options are made during bootstrap. */
function instance(name: string, receiver: () => OtlpReceiver) {
  return TelemetryModule.forRootAsync({
    useFactory: async () => ({
      service: await Promise.resolve({ name, version: '1.0.0' }),
      exporter: { type: 'otlp-grpc', url: receiver().grpcUrl, headers: { 'x-api-key': `key-of-${name}` } },
    }),
  });
}

@Module({
  imports: [instance('billing', () => billing)],
  controllers: [BillingController],
  providers: [BillingService],
  exports: [BillingService],
})
class BillingModule {}

@Module({
  imports: [BillingModule, instance('orders', () => orders)],
  controllers: [OrdersController],
})
class AppModule {}

/** What tells the span of one instance from another's. */
function summary({ name, kind, resource, scope }: ReceivedSpan) {
  return { name, kind, service: resource['service.name'], version: resource['service.version'], scope };
}

function span(service: string, name: string, kind = 'INTERNAL') {
  return { name, kind, service, version: '1.0.0', scope: 'nestjs-telemetry' };
}

function byName(receiver: OtlpReceiver): ReturnType<typeof summary>[] {
  return receiver.spans.map(summary).sort((a, b) => a.name.localeCompare(b.name));
}

describe.each(ALL_SERVERS)('two instances with two backends on $name', (server) => {
  async function after(...paths: string[]): Promise<TestApp> {
    const app = await startApp({ server, root: AppModule, telemetry: false });
    for (const path of paths) expect((await app.get(path)).status).toBe(200);
    await app.close();
    return app;
  }

  it('send each backend its own spans, service and headers, and nothing else', async () => {
    await after('/orders/own', '/billing');
    await Promise.all([orders.waitForCount(2), billing.waitForCount(2)]);
    expect(byName(orders)).toEqual([span('orders', 'GET /orders/own', 'SERVER'), span('orders', 'load')]);
    expect(byName(billing)).toEqual([span('billing', 'charge'), span('billing', 'GET /billing', 'SERVER')]);
    for (const [name, receiver] of [
      ['orders', orders],
      ['billing', billing],
    ] as const) {
      expect(new Set(receiver.requests.map(({ headers }) => headers['x-api-key']))).toEqual(
        new Set([`key-of-${name}`]),
      );
    }
  });

  it('make one trace in two backends of a request that crosses', async () => {
    await after('/orders/paid');
    await Promise.all([orders.waitForCount(2), billing.waitForCount(1)]);
    expect(byName(orders)).toEqual([span('orders', 'GET /orders/paid', 'SERVER'), span('orders', 'pay')]);
    expect(byName(billing)).toEqual([span('billing', 'charge')]);
    const pay = orders.spans.find(({ name }) => name === 'pay')!;
    const [charge] = billing.spans;
    expect(charge).toMatchObject({ traceId: pay.traceId, parentSpanId: pay.spanId });
  });
});

it('leaves no OpenTelemetry global behind', () => {
  const globals = (globalThis as Record<symbol, Record<string, unknown> | undefined>)[
    Symbol.for('opentelemetry.js.api.1')
  ];
  const signals = ['trace', 'context', 'propagation', 'metrics', 'diag'];
  expect(signals.filter((signal) => globals?.[signal] !== undefined)).toEqual([]);
});
