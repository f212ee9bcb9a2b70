import { readFileSync } from 'node:fs';
import { Test } from '@nestjs/testing';
import { AggregationTemporality, InMemoryMetricExporter } from '@opentelemetry/sdk-metrics';
import { MeterManager } from 'nestjs-telemetry';
import { recordSpans, SpanRecorder, TelemetryTestingModule } from 'nestjs-telemetry/testing';
import { describe, expect, it, vi } from 'vitest';
import { run, setVariables, startReceiver } from './running-app.js';

describe('three lines to the first trace', () => {
  it('trace every request of the app', async () => {
    const { AppModule } = await import('./examples/readme/three-lines.js');
    const app = await run(AppModule);
    const spans = await recordSpans(app);
    await fetch(`${app.url}/nowhere`);
    const span = await spans.waitFor('GET');
    expect(span.resource.attributes['service.name']).toBe('orders');
    expect(span.attributes['http.response.status_code']).toBe(404);
  });
});

describe('the tour', () => {
  it('two instances record one trace, each its own spans', async () => {
    const { AppModule } = await import('./examples/readme/instances.js');
    const app = await run(AppModule);
    const spans = await recordSpans(app);
    await fetch(`${app.url}/orders`);
    const server = await spans.waitFor('GET /orders');
    const quote = spans.span('InvoicesService.quote');
    expect(quote.parentSpanContext?.spanId).toBe(server.spanContext().spanId);
    expect([server, quote].map(({ resource }) => resource.attributes['service.name'])).toEqual([
      'shop',
      'billing',
    ]);
  });

  it('@Span, @SpanAttribute, onResult and withSpan', async () => {
    const { OrdersService } = await import('./examples/readme/spans.js');
    const module = await Test.createTestingModule({
      imports: [TelemetryTestingModule.forRoot()],
      providers: [OrdersService],
    }).compile();
    const orders = module.get(OrdersService);
    expect(orders.total(await orders.load('42'))).toBe(42);
    const spans = module.get(SpanRecorder);
    expect(spans.span('OrdersService.load').attributes).toEqual({ 'order.id': '42', 'order.items': 2 });
    expect(spans.span('sum items').parentSpanContext).toBeUndefined();
  });

  it('options from ConfigService', async () => {
    setVariables({ SERVICE_NAME: 'shop', COLLECTOR_URL: 'http://localhost:4317' });
    const { AppModule } = await import('./examples/readme/config-service.js');
    const { manager } = await run(AppModule);
    expect(manager.status()).toMatchObject({
      service: 'shop',
      exporters: [{ exporter: 'otlp-grpc', target: expect.stringContaining('localhost:4317') }],
    });
  });

  it('a live change, one for a flow, one for ten minutes', async () => {
    const { AppModule } = await import('./examples/readme/three-lines.js');
    const { live } = await import('./examples/readme/live.js');
    const { manager } = await run(AppModule);
    const replay = vi.fn(async () => {
      expect(manager.settings()).toBeDefined();
    });
    await live(manager, replay);
    expect(replay).toHaveBeenCalledOnce();
    expect(manager.config()).toMatchObject({ sampler: 1, exporter: { type: 'otlp-grpc' } });
    expect(manager.status().overrides).toMatchObject([{ changes: ['sampler'] }]);
    await manager.reconfigure({ exporter: { type: 'none' } });
  });

  it('a tenant’s spans go to the tenant’s collector', async () => {
    const { AppModule, collectors } = await import('./examples/readme/tenants.js');
    const receiver = await startReceiver();
    collectors.set('acme', receiver.grpcUrl);
    const { manager } = await run(AppModule);
    manager.withTenant('acme', () => manager.startSpan('of acme').end());
    manager.withTenant('nobody', () => manager.startSpan('of nobody').end());
    await manager.forceFlush();
    await receiver.waitForCount(1);
    expect(receiver.spans.map(({ name }) => name)).toEqual(['of acme']);
  });

  it('health and metrics routes are left out', async () => {
    const { AppModule } = await import('./examples/readme/exclude.js');
    const app = await run(AppModule);
    const spans = await recordSpans(app);
    for (const path of ['health', 'metrics', 'internal/jobs', 'orders']) await fetch(`${app.url}/${path}`);
    await spans.waitFor('GET /orders');
    expect(spans.tree()).toEqual([{ name: 'GET /orders', children: [] }]);
  });

  it('headers become baggage and attributes', async () => {
    const { AppModule } = await import('./examples/readme/baggage.js');
    setVariables({ OTEL_SERVICE_NAME: 'shop' });
    const app = await run(AppModule);
    const spans = await recordSpans(app);
    const answer = await fetch(`${app.url}/cart`, { headers: { 'x-user-id': 'ada' } });
    expect(await answer.json()).toEqual({ owner: 'ada' });
    const span = await spans.waitFor('GET /cart');
    expect(span.attributes['user.id']).toBe('ada');
  });

  it('the span of a stream lasts as long as the stream', async () => {
    const { AppModule } = await import('./examples/readme/streams.js');
    const app = await run(AppModule);
    const spans = await recordSpans(app);
    const answer = await fetch(`${app.url}/feed`);
    await answer.text();
    const span = await spans.waitFor('GET /feed');
    expect(span.attributes).toMatchObject({
      'stream.type': 'feed',
      'stream.outcome': 'completed',
      'stream.events': 25,
    });
    expect(span.events.filter(({ name }) => name === 'chunk_milestone')).toHaveLength(2);
  });

  it('metrics of a service', async () => {
    const { AppModule, CheckoutService } = await import('./examples/readme/metrics.js');
    const { get } = await run(AppModule);
    const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
    const meters = get(MeterManager);
    await meters.reconfigure({ readers: exporter });
    get(CheckoutService).pay(42);
    await meters.forceFlush();
    const names = exporter
      .getMetrics()
      .flatMap(({ scopeMetrics }) => scopeMetrics)
      .flatMap(({ metrics }) => metrics)
      .map(({ descriptor }) => `${descriptor.name} ${descriptor.unit}`);
    expect(names).toEqual(expect.arrayContaining(['checkout.total EUR', 'checkout.duration s']));
  });

  it('outgoing calls are traced by official instrumentations', async () => {
    const { AppModule } = await import('./examples/readme/instrumentations.js');
    const app = await run(AppModule);
    const spans = await recordSpans(app);
    await app.manager.withSpan('call', async () => fetch(`${app.url}/elsewhere`));
    const client = await spans.waitFor(({ kind, name }) => kind === 2 && name === 'GET');
    const server = await spans.waitFor(({ kind }) => kind === 1);
    expect(server.parentSpanContext?.spanId).toBe(client.spanContext().spanId);
  });
});

it('quotes the figures of the benchmark', () => {
  const [node20 = ''] = /^Node 20[\s\S]*?(?=^Node 24)/m.exec(readFileSync('bench/README.md', 'utf8')) ?? [];
  const measured = (row: string): string => {
    const [, ratio] = new RegExp(`^\\| ${row} +\\| *[\\d.]+ \\| ([\\d.]+)`, 'm').exec(node20) ?? [];
    return Number(ratio).toFixed(2);
  };
  const readme = readFileSync('README.md', 'utf8');
  for (const [said, row] of [
    ['\\*\\*nestjs-telemetry\\*\\*, server span', 'nestjs-telemetry, gRPC, 1 span'],
    ['\\*\\*nestjs-telemetry\\*\\*, server span and two `@Span` methods', 'nestjs-telemetry, gRPC, 3 spans'],
    ['the raw SDK by hand, one server span', 'raw SDK by hand, gRPC, 1 span'],
    ['the raw SDK by hand, server span and two method spans', 'raw SDK by hand, gRPC, 3 spans'],
  ] as const) {
    const [, quoted] = new RegExp(`^\\| ${said} +\\| \\**([\\d.]+)`, 'm').exec(readme) ?? [];
    expect(`${row}: ${quoted}`).toBe(`${row}: ${measured(row)}`);
  }
});

it('names every dependency, own and peer', () => {
  const { dependencies, peerDependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as Record<
    'dependencies' | 'peerDependencies',
    Record<string, string>
  >;
  const readme = readFileSync('README.md', 'utf8');
  const names = Object.keys({ ...dependencies, ...peerDependencies });
  expect(names.filter((name) => !readme.includes(`${name.replace('@opentelemetry/', '')}\``))).toEqual([]);
});

describe('the admin endpoint', () => {
  it('is guarded', async () => {
    const { AppModule } = await import('./examples/readme/admin.js');
    const { url } = await run(AppModule);
    setVariables({ OPERATOR_KEY: 'open-sesame' });
    const status = (key: string): Promise<Response> =>
      fetch(`${url}/admin/telemetry/status`, { headers: { 'x-operator-key': key } });
    expect((await status('guessed')).status).toBe(403);
    expect(await (await status('open-sesame')).json()).toMatchObject({ configured: true, service: 'shop' });
  });
});

// The example of a test is one.
await import('./examples/readme/testing.js');

describe('devtools', () => {
  it('print where traces are to be seen', async () => {
    const printed = vi.spyOn(process.stdout, 'write');
    const { AppModule } = await import('./examples/readme/devtools.js');
    await run(AppModule);
    const lines = printed.mock.calls.map(([text]) => String(text)).join('');
    printed.mockRestore();
    expect(lines).toMatch(/^Devtools: http:\/\/127\.0\.0\.1:\d+\/\?token=\S+$/m);
  });
});
