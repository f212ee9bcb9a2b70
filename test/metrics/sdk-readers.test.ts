import { PrometheusExporter } from '@opentelemetry/exporter-prometheus';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { describe, expect, it } from 'vitest';
import { meterPipeline } from './support/memory-metrics.js';

function periodic(): { exporter: InMemoryMetricExporter; reader: PeriodicExportingMetricReader } {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.DELTA);
  return {
    exporter,
    reader: new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 }),
  };
}

/** Service and value of the counter `orders`, of every export. */
function orders(exporter: InMemoryMetricExporter): unknown[] {
  return exporter.getMetrics().flatMap(({ resource, scopeMetrics }) =>
    scopeMetrics
      .flatMap(({ metrics }) => metrics)
      .filter(({ descriptor }) => descriptor.name === 'orders')
      .flatMap(({ dataPoints }) =>
        dataPoints.map(({ value }) => [resource.attributes['service.name'], value]),
      ),
  );
}

describe('a MetricReader of the SDK', () => {
  it('reads an instance through all of its configurations, and each for the last time when it is replaced', async () => {
    const { exporter, reader } = periodic();
    const { meters, pipeline, follow, close } = await meterPipeline({ readers: reader });
    const counter = meters.counter('orders');
    counter.add(1);
    await pipeline.forceFlush();
    counter.add(2);
    await follow({ service: { name: 'renamed' } });
    counter.add(4);
    await pipeline.forceFlush();
    counter.add(8);
    await close();
    expect(orders(exporter)).toEqual([
      ['test', 1],
      ['test', 2],
      ['renamed', 4],
      ['renamed', 8],
    ]);
  });

  it('is shut down when no configuration names it any more', async () => {
    const { exporter, reader } = periodic();
    const { meters, pipeline, close } = await meterPipeline({ readers: reader });
    meters.counter('orders').add(1);
    await pipeline.configure({ readers: [] });
    await pipeline.forceFlush();
    expect(orders(exporter)).toEqual([['test', 1]]);
    await expect(reader.collect()).rejects.toThrow('shutdown');
    await close();
  });

  it('serves its own page', async () => {
    const reader = new PrometheusExporter({ port: 0, preventServerStart: true });
    const { meters, close } = await meterPipeline({ readers: reader });
    meters.counter('orders').add(3);
    await reader.startServer();
    const { port } = (reader as unknown as { _server: { address(): { port: number } } })._server.address();
    const page = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    await close();
    expect(page).toContain('orders_total');
  });

  it('is refused where it reads for somebody else already', async () => {
    const [lent, taken] = [periodic().reader, periodic().reader];
    const { close } = await meterPipeline({ readers: lent });
    const provider = new MeterProvider({ readers: [taken] });
    const refusal = { code: 'TELEMETRY_EXPORTER_UNBUILDABLE', path: 'metrics.readers' };
    await expect(meterPipeline({ readers: lent })).rejects.toMatchObject(refusal);
    await expect(meterPipeline({ readers: taken })).rejects.toMatchObject(refusal);
    await Promise.all([close(), provider.shutdown()]);
  });
});
