import { Agent, request } from 'node:http';
import { Controller, Get, Param } from '@nestjs/common';
import { AggregationTemporality, InMemoryMetricExporter } from '@opentelemetry/sdk-metrics';
import { describe, expect, it } from 'vitest';
import { MeterManager } from '../../src/index.js';
import { collectGarbage } from '../support/collect-garbage.js';
import { HTTP1_SERVERS } from '../support/server-kinds.js';
import { startApp } from '../support/test-app.js';
import { meterPipeline, pointsOf } from './support/memory-metrics.js';

@Controller()
class ShopController {
  @Get('orders/:id')
  order(@Param('id') id: string): { id: string } {
    return { id };
  }

  @Get('v1/users/:user/items/:item')
  item(): string {
    return 'item';
  }
}

const METHODS = [
  'GET',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
  'PURGE',
  'LINK',
  'MKCOL',
  'REPORT',
  'LOCK',
];

describe.each(HTTP1_SERVERS)('$name', (server) => {
  it(
    'keeps 10,000 distinct paths, methods and hosts down to the real routes, in flat memory',
    { timeout: 120_000 },
    async () => {
      const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
      const app = await startApp({
        server,
        controllers: [ShopController],
        // The recorder of the tests would keep every span.
        telemetry: { sampler: 0, metrics: { readers: exporter } },
      });
      const manager = app.app.get(MeterManager, { strict: false });
      const agent = new Agent({ keepAlive: true, maxSockets: 16 });
      const send = (index: number): Promise<void> =>
        new Promise((resolve, reject) => {
          const method = METHODS[index % METHODS.length]!;
          const path = [
            `/orders/${index}`,
            `/v1/users/${index}/items/${index}`,
            `/${index}/${index}`,
            `/%ff${index}`,
          ][index % 4];
          const headers = { host: `h${index}.example`, 'user-agent': `agent ${index}` };
          request({ host: '127.0.0.1', port: app.port, method, path, headers, agent }, (response) => {
            response.resume().on('end', resolve);
          })
            .on('error', reject)
            .end();
        });
      const burst = async (from: number, to: number): Promise<number> => {
        for (let index = from; index < to; index += 16) {
          await Promise.all(
            Array.from({ length: Math.min(16, to - index) }, (_, offset) => send(index + offset)),
          );
        }
        await manager.forceFlush();
        exporter.reset();
        collectGarbage();
        return process.memoryUsage().heapUsed;
      };
      await burst(0, 3000);
      const before = await burst(3000, 6000);
      const after = await burst(6000, 10_000);
      console.log(`heap ${((after - before) / 1e6).toFixed(2)} MB over 4,000 more requests`);
      expect(after - before).toBeLessThan(1.5e6);

      await manager.forceFlush();
      const points = pointsOf(exporter, 'http.server.request.duration');
      const routes = new Set(points.map(({ attributes }) => attributes['http.route']));
      expect([...routes].sort()).toEqual(['/orders/:id', '/v1/users/:user/items/:item', undefined]);
      const methods = new Set(points.map(({ attributes }) => attributes['http.request.method']));
      expect([...methods].sort()).toEqual(['DELETE', 'GET', 'OPTIONS', 'PATCH', 'POST', 'PUT', '_OTHER']);
      // Seven methods, three routes or none, and 200, 400 or 404.
      expect(points.length).toBeLessThanOrEqual(16);
      expect(points.reduce((sum, { value }) => sum + value.count, 0)).toBe(10_000);
      agent.destroy();
    },
  );
});

describe('an instrument', () => {
  it('keeps to its limit over many exports, and adds the rest up', async () => {
    const { meters, exporter, close } = await meterPipeline({ cardinalityLimit: 10 });
    const counter = meters.counter('jobs');
    for (let round = 0; round < 5; round += 1) {
      for (let id = 0; id < 5; id += 1) counter.add(1, { id: round * 5 + id });
      await meters.forceFlush();
    }
    const points = pointsOf(exporter, 'jobs');
    expect(points).toHaveLength(10);
    expect(points.find(({ attributes }) => attributes['otel.metric.overflow'] === true)?.value).toBe(16);
    expect(points.reduce((sum, { value }) => sum + Number(value), 0)).toBe(25);
    await close();
  });

  it('keeps to the limit that its view names', async () => {
    const { meters, exporter, close } = await meterPipeline({
      cardinalityLimit: 10,
      views: [
        { instrumentName: 'few.*', aggregationCardinalityLimit: 3 },
        { instrumentName: 'many', aggregationCardinalityLimit: 20 },
        { meterName: 'elsewhere', aggregationCardinalityLimit: 1 },
      ],
    });
    const counters = ['few.jobs', 'many', 'others'].map((name) => meters.counter(name));
    for (let id = 0; id < 15; id += 1) {
      for (const counter of counters) counter.add(1, { id });
      await meters.forceFlush();
    }
    expect(['few.jobs', 'many', 'others'].map((name) => pointsOf(exporter, name).length)).toEqual([
      3, 15, 10,
    ]);
    await close();
  });

  it('counts attributes in another order as the same series', async () => {
    const { meters, exporter, close } = await meterPipeline({ cardinalityLimit: 3 });
    const counter = meters.counter('jobs');
    counter.add(1, { a: 1, b: 'x' });
    counter.add(1, { b: 'x', a: 1 });
    counter.add(1, { a: 2, b: 'x' });
    await meters.forceFlush();
    expect(pointsOf(exporter, 'jobs').map(({ attributes, value }) => [attributes, value])).toEqual([
      [{ a: 1, b: 'x' }, 2],
      [{ a: 2, b: 'x' }, 1],
    ]);
    await close();
  });

  it.each(['counter', 'upDownCounter'] as const)(
    'keeps the attributes that a %s was given, whatever becomes of the object',
    async (kind) => {
      const { meters, exporter, close } = await meterPipeline();
      const attributes = { state: 'open' };
      const instrument = meters[kind]('jobs');
      instrument.add(1, attributes);
      attributes.state = 'done';
      instrument.add(2, attributes);
      await meters.forceFlush();
      expect(pointsOf(exporter, 'jobs').map((point) => [point.attributes, point.value])).toEqual([
        [{ state: 'open' }, 1],
        [{ state: 'done' }, 2],
      ]);
      await close();
    },
  );

  it('keeps requests to the limit as well', async () => {
    const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
    @Controller()
    class OddController {
      @Get('odd/:name')
      odd(@Param('name') name: string): void {
        const classes = { [name]: class extends Error {} };
        throw new classes[name]!();
      }
    }
    const app = await startApp({
      controllers: [OddController],
      telemetry: { metrics: { readers: exporter, cardinalityLimit: 5 } },
    });
    for (let index = 0; index < 20; index += 1) await app.get(`/odd/Name${index}`);
    await app.app.get(MeterManager, { strict: false }).forceFlush();
    const points = pointsOf(exporter, 'http.server.request.duration');
    expect(points).toHaveLength(5);
    const rest = points.find(({ attributes }) => attributes['otel.metric.overflow'] === true);
    expect(rest?.value.count).toBe(16);
  });
});
