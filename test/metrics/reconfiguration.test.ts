import { Controller, Get, Injectable } from '@nestjs/common';
import type { Counter, UpDownCounter } from '@opentelemetry/api';
import { AggregationTemporality, InMemoryMetricExporter } from '@opentelemetry/sdk-metrics';
import { describe, expect, it, vi } from 'vitest';
import { MeterManager, TelemetryModule, TracerManager } from '../../src/index.js';
import { startApp } from '../support/test-app.js';
import { MetricsReceiver } from './support/metrics-receiver.js';
import { meterPipeline, pointsOf } from './support/memory-metrics.js';

@Injectable()
class OrdersService {
  readonly made: Counter;
  readonly open: UpDownCounter;
  calls = 0;

  constructor(meters: MeterManager) {
    this.made = meters.counter('orders.made', { unit: '{order}' });
    this.open = meters.upDownCounter('orders.open', { unit: '{order}' });
  }

  make(): void {
    this.calls += 1;
    this.made.add(1, { kind: this.calls % 2 === 0 ? 'even' : 'odd' });
  }
}
Reflect.defineMetadata('design:paramtypes', [MeterManager], OrdersService);

@Controller()
class OrdersController {
  constructor(private readonly orders: OrdersService) {}

  @Get('orders')
  make(): string {
    this.orders.make();
    return 'made';
  }
}
Reflect.defineMetadata('design:paramtypes', [OrdersService], OrdersController);

describe('live reconfiguration', () => {
  it(
    'lets counters that services hold count on, ten times under load, and loses no call',
    { timeout: 60_000 },
    async () => {
      const receivers = await Promise.all(Array.from({ length: 3 }, () => MetricsReceiver.start()));
      const exporterTo = (index: number): { type: 'otlp-grpc' | 'otlp-http'; url: string } =>
        index % 2 === 0
          ? { type: 'otlp-grpc', url: receivers[index % 3]!.grpcUrl }
          : { type: 'otlp-http', url: `${receivers[index % 3]!.httpUrl}/v1/traces` };
      const app = await startApp({
        telemetry: false,
        imports: [
          TelemetryModule.forRoot({
            service: { name: 'shop' },
            sampler: 0,
            exporter: exporterTo(0),
            metrics: { self: false },
          }),
        ],
        controllers: [OrdersController],
        providers: [OrdersService],
      });
      const tracer = app.app.get(TracerManager, { strict: false });
      const meters = app.app.get(MeterManager, { strict: false });
      const service = app.app.get(OrdersService);
      let sent = 0;
      let loading = true;
      const load = Promise.all(
        Array.from({ length: 8 }, async () => {
          while (loading) {
            await app.get('/orders');
            sent += 1;
          }
        }),
      );
      for (let change = 1; change <= 10; change += 1) {
        const seen = sent;
        while (sent < seen + 50) await new Promise((resolve) => setImmediate(resolve));
        // Another receiver, another service, and now and then both.
        await tracer.reconfigure({
          exporter: exporterTo(change),
          service: { name: change % 3 === 0 ? `shop-${change}` : 'shop' },
        });
      }
      loading = false;
      await load;
      await meters.forceFlush();
      expect(meters.status().generation).toBe(11);
      await app.close();

      const total = (name: string, read: (point: { value?: number; count?: number }) => number): number => {
        // Cumulative series of one configuration have one beginning; each tells its own total last.
        const series = new Map<string, number>();
        receivers.forEach(({ points }, receiver) => {
          for (const point of points) {
            if (point.name !== name) continue;
            const key = JSON.stringify([
              receiver,
              point.resource['service.name'],
              point.start,
              point.attributes,
            ]);
            series.set(key, read(point));
          }
        });
        return [...series.values()].reduce((sum, value) => sum + value, 0);
      };
      expect(sent).toBeGreaterThan(500);
      expect(service.calls).toBe(sent);
      await vi.waitFor(() => {
        expect(total('orders.made', ({ value = 0 }) => value)).toBe(sent);
        expect(total('http.server.request.duration', ({ count = 0 }) => count)).toBe(sent);
      });
      const last = receivers[10 % 3]!.latest('http.server.active_requests');
      expect(last.map(({ value }) => value)).toEqual([0]);
    },
  );

  it('goes on with a cumulative series where nothing about it changes', async () => {
    const { meters, pipeline, exporter, follow, close } = await meterPipeline();
    const counter = meters.counter('jobs');
    counter.add(1);
    await meters.forceFlush();
    const [before] = pointsOf(exporter, 'jobs');
    await follow({ sampler: 0.5, masking: { patterns: [/x+/] } });
    await follow({ sampler: 0.5, exporter: { type: 'memory' } });
    counter.add(1);
    await meters.forceFlush();
    const [after] = pointsOf(exporter, 'jobs');
    expect(pipeline.status().generation).toBe(1);
    expect(after).toMatchObject({ value: 2, startTime: before?.startTime });
    await close();
  });

  it('tells nobody the total of an observable counter twice', async () => {
    const exporter = new InMemoryMetricExporter(AggregationTemporality.DELTA);
    const { meters, follow, close } = await meterPipeline({ readers: exporter });
    let total = 100;
    const observe = (result: { observe(value: number, attributes?: object): void }): void => {
      result.observe(total, { disk: 'a' });
    };
    meters.observableCounter('alone', observe);
    const meter = meters.getMeter();
    const together = meter.createObservableCounter('together');
    meter.addBatchObservableCallback(
      (result) => {
        result.observe(together, total);
      },
      [together],
    );
    await meters.forceFlush();
    total = 150;
    await follow({ service: { name: 'second' } });
    total = 180;
    await meters.forceFlush();
    await follow({ enabled: false });
    await follow({ enabled: true });
    total = 200;
    await meters.forceFlush();
    // Begun anew, as after an overflow.
    await follow({ service: { name: 'third' } });
    total = 7;
    await meters.forceFlush();
    total = 9;
    await close();
    const sumOf = (name: string): number =>
      exporter
        .getMetrics()
        .flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics))
        .filter(({ descriptor }) => descriptor.name === name)
        .flatMap(({ dataPoints }) => dataPoints.map(({ value }) => Number(value)))
        .reduce((sum, value) => sum + value, 0);
    expect([sumOf('alone'), sumOf('together')]).toEqual([209, 209]);
  });

  it('carries the level of an up-down counter over', async () => {
    const { meters, exporter, follow, close } = await meterPipeline();
    const open = meters.upDownCounter('open');
    open.add(3, { kind: 'a' });
    open.add(1, { kind: 'b' });
    open.add(-1, { kind: 'b' });
    await follow({ service: { name: 'other' } });
    open.add(-1, { kind: 'a' });
    await meters.forceFlush();
    expect(pointsOf(exporter, 'open').map(({ attributes, value }) => [attributes, value])).toEqual([
      [{ kind: 'a' }, 2],
    ]);
    await close();
  });

  it('makes both of two changes that come at once', async () => {
    const { meters, exporter, close } = await meterPipeline({ cardinalityLimit: 100 });
    await Promise.all([meters.reconfigure({ cardinalityLimit: 2 }), meters.reconfigure({ self: false })]);
    const counter = meters.counter('jobs');
    for (const id of [1, 2, 3]) counter.add(1, { id });
    await meters.forceFlush();
    expect(pointsOf(exporter, 'jobs').map(({ attributes, value }) => [attributes, value])).toEqual([
      [{ id: 1 }, 1],
      [{ 'otel.metric.overflow': true }, 2],
    ]);
    await close();
  });

  it('keeps what runs when a change cannot be built', async () => {
    const { meters, close } = await meterPipeline();
    const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
    const counter = meters.counter('jobs');
    await expect(
      meters.reconfigure({ readers: { type: 'otlp-http', url: 'localhost:4318' } as never }),
    ).rejects.toMatchObject({ code: 'TELEMETRY_CONFIG_INVALID', path: 'metrics.readers.url' });
    await expect(
      meters.reconfigure({
        readers: {
          type: 'otlp-grpc',
          url: 'http://127.0.0.1:1',
          headers: { 'x-key': 'a' },
          tls: { ca: '-----BEGIN x' },
        } as never,
      }),
    ).resolves.toBeUndefined();
    await meters.reconfigure({ readers: exporter });
    counter.add(1);
    await meters.forceFlush();
    expect(pointsOf(exporter, 'jobs').map(({ value }) => value)).toEqual([1]);
    await close();
  });

  it('does not shut down an exporter that the next configuration uses as well', async () => {
    class Watched extends InMemoryMetricExporter {
      shutdowns = 0;
      override shutdown(): Promise<void> {
        this.shutdowns += 1;
        return super.shutdown();
      }
    }
    const exporter = new Watched(AggregationTemporality.CUMULATIVE);
    const { meters, follow, close } = await meterPipeline({ readers: exporter });
    const counter = meters.counter('jobs');
    counter.add(1);
    await follow({ service: { name: 'other' } });
    counter.add(1);
    await meters.forceFlush();
    expect(exporter.shutdowns).toBe(0);
    expect(exporter.getMetrics().map(({ resource }) => resource.attributes['service.name'])).toEqual([
      'test',
      'other',
    ]);
    await close();
    expect(exporter.shutdowns).toBe(1);
  });
});
