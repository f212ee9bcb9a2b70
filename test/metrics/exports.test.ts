import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { MeterManager, TelemetryModule, TracerManager } from '../../src/index.js';
import { startApp } from '../support/test-app.js';
import { meterPipeline } from './support/memory-metrics.js';
import { MetricsReceiver } from './support/metrics-receiver.js';

it('a callback that hangs costs its own instrument alone', async () => {
  const receiver = await MetricsReceiver.start();
  const { meters, close, warnings } = await meterPipeline({
    readers: { type: 'otlp-grpc', url: receiver.grpcUrl, exportTimeoutMillis: 3000 },
  });
  onTestFinished(close);
  meters.counter('jobs').add(1);
  meters.observableGauge('hangs', () => new Promise<never>(() => {}));
  await meters.forceFlush();
  await receiver.waitUntil(() => receiver.latest('jobs').length === 1);
  expect(meters.status().readers).toMatchObject([{ exports: 1, failures: 0 }]);
  expect(warnings).toEqual([expect.stringContaining('callback failed')]);
});

it.each([
  { spans: 200, metrics: 403, told: /metrics.*HTTP 403/ },
  { spans: 503, metrics: 503, told: /^shop: otlp-http to [^ ]*\/v1\/traces: export failed/ },
])('a failure is told once: spans get $spans, metrics $metrics', async ({ spans, metrics, told }) => {
  const server = createServer((request, response) => {
    const status = request.url === '/v1/traces' ? spans : metrics;
    request.resume().on('end', () => response.writeHead(status).end());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const lines: string[] = [];
  const note = (line: string): void => void lines.push(line);
  const app = await startApp({
    telemetry: false,
    logger: { log: () => {}, warn: note, error: note },
    imports: [
      TelemetryModule.forRoot({
        service: { name: 'shop' },
        exporter: {
          type: 'otlp-http',
          url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/traces`,
        },
        batch: { exportTimeoutMillis: 100 },
        metrics: { exportTimeoutMillis: 100 },
      }),
    ],
  });
  const tracer = app.app.get(TracerManager, { strict: false });
  const meters = app.app.get(MeterManager, { strict: false });
  tracer.withSpan('work', () => meters.counter('jobs').add(1));
  await tracer.forceFlush();
  await meters.forceFlush();
  expect(meters.status().readers).toMatchObject([{ failures: 1, lastError: { code: `HTTP ${metrics}` } }]);
  expect(lines).toEqual([expect.stringMatching(told)]);
});

it('JSON has words for what is no finite number', async () => {
  const bodies: string[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request
      .setEncoding('utf8')
      .on('data', (chunk: string) => (body += chunk))
      .on('end', () => {
        bodies.push(body);
        response.writeHead(200).end();
      });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const { meters, close } = await meterPipeline({
    readers: { type: 'otlp-http-json', url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` },
  });
  onTestFinished(close);
  meters.observableGauge('hit.ratio', (result) => {
    result.observe(0 / 0);
  });
  meters.histogram('wait').record(Infinity);
  meters.counter('jobs').add(2);
  await meters.forceFlush();
  expect(bodies).toHaveLength(1);
  const { resourceMetrics } = JSON.parse(bodies[0]!) as {
    resourceMetrics: { scopeMetrics: { metrics: Record<string, { dataPoints: object[] }>[] }[] }[];
  };
  const metrics = resourceMetrics.flatMap(({ scopeMetrics }) =>
    scopeMetrics.flatMap((scope) => scope.metrics),
  );
  const pointOf = (name: unknown, kind: string): unknown =>
    metrics.find((metric) => metric['name'] === name)?.[kind]?.dataPoints[0];
  expect(pointOf('hit.ratio', 'gauge')).toMatchObject({ asDouble: 'NaN' });
  expect(pointOf('wait', 'histogram')).toMatchObject({ count: 1, sum: 'Infinity', max: 'Infinity' });
  expect(pointOf('jobs', 'sum')).toMatchObject({ asDouble: 2 });
});
