import { Controller, Get } from '@nestjs/common';
import { describe, expect, it, onTestFinished } from 'vitest';
import { AggregationTemporality, InMemoryMetricExporter } from '@opentelemetry/sdk-metrics';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace-base';
import { MeterManager, TelemetryModule, TracerManager } from '../../src/index.js';
import { freePort } from '../support/free-port.js';
import { startApp } from '../support/test-app.js';
import { meterPipeline, pointsOf } from './support/memory-metrics.js';

function values(exporter: InMemoryMetricExporter, name: string): unknown[] {
  return pointsOf(exporter, name).map(({ attributes, value }) => [attributes, value]);
}

it('shows queue, exports and losses by the otel.sdk names, and the same as status()', async () => {
  let fail = false;
  let release = (): void => {};
  const spans: SpanExporter = {
    export: (_spans: ReadableSpan[], done) => {
      release = () => {
        if (fail) done({ code: 1, error: Object.assign(new Error('no'), { code: 3 }) });
        else done({ code: 0 });
      };
    },
    shutdown: () => Promise.resolve(),
  };
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const app = await startApp({
    telemetry: false,
    imports: [
      TelemetryModule.forRoot({
        service: { name: 'shop' },
        exporter: spans,
        batch: { maxQueueSize: 100, maxExportBatchSize: 2 },
        metrics: { readers: exporter },
      }),
    ],
  });
  onTestFinished(() => release());
  const tracer = app.app.get(TracerManager, { strict: false });
  const meters = app.app.get(MeterManager, { strict: false });
  const make = async (count: number): Promise<void> => {
    for (let index = 0; index < count; index += 1) tracer.withSpan('work', () => 1);
    const flushed = tracer.forceFlush();
    await new Promise((resolve) => setImmediate(resolve));
    await meters.forceFlush();
    release();
    await flushed;
    await meters.forceFlush();
  };
  await make(2);
  fail = true;
  await make(2);
  const component = { 'otel.component.type': 'batching_span_processor', 'otel.component.name': 'Object/0' };
  expect(values(exporter, 'otel.sdk.processor.span.queue.capacity')).toEqual([[component, 100]]);
  expect(values(exporter, 'otel.sdk.processor.span.queue.size')).toEqual([[component, 0]]);
  expect(values(exporter, 'otel.sdk.exporter.span.inflight')).toEqual([[component, 0]]);
  expect(values(exporter, 'otel.sdk.span.live')).toEqual([[{}, 0]]);
  expect(values(exporter, 'nestjs.telemetry.span.ended')).toEqual([[{}, 4]]);
  expect(values(exporter, 'nestjs.telemetry.exporter.retries')).toEqual([[component, 0]]);
  expect(values(exporter, 'nestjs.telemetry.exporter.breaker.open')).toEqual([[component, 0]]);
  const { dropped, delivered } = tracer.status().spans;
  const [[reason, lost]] = Object.entries(dropped) as [[string, number]];
  expect([delivered, lost]).toEqual([2, 2]);
  expect(values(exporter, 'otel.sdk.exporter.span.exported')).toEqual([
    [{}, 2],
    [{ 'error.type': reason }, 2],
  ]);
  expect(values(exporter, 'otel.sdk.processor.span.processed')).toEqual([[{}, 4]]);
  const exports = pointsOf(exporter, 'otel.sdk.exporter.operation.duration');
  expect(exports.map(({ value }) => value.count)).toEqual([1, 1]);
  expect(exports[1]?.attributes['error.type']).toEqual(expect.any(String));
  const queued = exporter
    .getMetrics()
    .flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics))
    .filter(({ descriptor }) => descriptor.name === 'otel.sdk.exporter.span.inflight')
    .flatMap(({ dataPoints }) => dataPoints.map(({ value }) => value));
  expect(queued).toContain(2);
});

it('shows retries, and the breaker while the receiver is down', async () => {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const { app } = await startApp({
    telemetry: false,
    imports: [
      TelemetryModule.forRoot({
        service: { name: 'shop' },
        exporter: { type: 'otlp-http', url: `http://127.0.0.1:${await freePort()}/v1/traces` },
        metrics: { readers: exporter },
      }),
    ],
  });
  const tracer = app.get(TracerManager, { strict: false });
  tracer.withSpan('work', () => 1);
  await expect
    .poll(() => tracer.status().exporters[0], { timeout: 15_000 })
    .toMatchObject({ breaker: 'open', retries: 1 });
  await app.get(MeterManager, { strict: false }).forceFlush();
  for (const name of ['nestjs.telemetry.exporter.retries', 'nestjs.telemetry.exporter.breaker.open']) {
    expect(values(exporter, name)).toEqual([
      [expect.objectContaining({ 'otel.component.name': 'otlp-http/0' }), 1],
    ]);
  }
});

it.each([true, false])('counts entries by tenant where it is asked to: %s', async (tenants) => {
  @Controller('orders')
  class OrdersController {
    @Get()
    find(): string {
      return 'found';
    }
  }
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const { app, url } = await startApp({
    controllers: [OrdersController],
    telemetry: {
      sampler: 0,
      tenants: {
        resolve: (request: { headers: Record<string, string> }) => request.headers['x-tenant'],
        config: () => ({}),
      },
      metrics: { readers: exporter, tenants },
    },
  });
  for (const tenant of ['acme', 'acme', 'globex', '']) {
    await fetch(`${url}/orders`, { headers: tenant === '' ? {} : { 'x-tenant': tenant } });
  }
  await app.get(MeterManager, { strict: false }).forceFlush();
  expect(values(exporter, 'nestjs.tenant.entries')).toEqual(
    tenants
      ? [
          [{ 'nestjs.tenant': 'acme' }, 2],
          [{ 'nestjs.tenant': 'globex' }, 1],
        ]
      : [],
  );
});

describe('the process', () => {
  it('is measured by the official packages, whose instruments survive a reconfiguration', async () => {
    const { meters, exporter, follow, close } = await meterPipeline({ runtime: true });
    onTestFinished(close);
    await meters.forceFlush();
    const names = (): Set<string> =>
      new Set(
        exporter
          .getMetrics()
          .at(-1)!
          .scopeMetrics.flatMap((scope) => scope.metrics.map(({ descriptor }) => descriptor.name)),
      );
    const wanted = [
      'nodejs.eventloop.utilization',
      'v8js.memory.heap.used',
      'process.cpu.time',
      'process.memory.usage',
      'system.cpu.time',
    ];
    expect([...names()]).toEqual(expect.arrayContaining(wanted));
    await follow({ service: { name: 'other' } });
    exporter.reset();
    await meters.forceFlush();
    expect([...names()]).toEqual(expect.arrayContaining(wanted));
  });

  it('is measured by those packages that the live configuration wants', async () => {
    const { meters, exporter, close } = await meterPipeline({ runtime: true });
    onTestFinished(close);
    const scopes = async (): Promise<Set<string>> => {
      // What a configuration before had left to say has been said.
      await meters.forceFlush();
      exporter.reset();
      meters.counter('jobs').add(1);
      await meters.forceFlush();
      return new Set(exporter.getMetrics().flatMap((all) => all.scopeMetrics.map(({ scope }) => scope.name)));
    };
    const node = '@opentelemetry/instrumentation-runtime-node';
    const host = '@opentelemetry/host-metrics';
    expect(await scopes()).toEqual(new Set(['nestjs-telemetry', node, host]));
    await meters.reconfigure({ runtime: { node: false } });
    expect(await scopes()).toEqual(new Set(['nestjs-telemetry', host]));
    await meters.reconfigure({ runtime: false });
    expect(await scopes()).toEqual(new Set(['nestjs-telemetry']));
    await meters.reconfigure({ runtime: { host: false } });
    expect(await scopes()).toEqual(new Set(['nestjs-telemetry', node]));
  });
});
