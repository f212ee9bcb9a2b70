import { createServer, type IncomingMessage } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { MetricsOptions } from '../../src/index.js';
import type { TracerConfig } from '../../src/config/tracer-config.js';
import { planMetrics, type MetricsPlan } from '../../src/metrics/options/metrics-plan.js';
import { metricsOptionsCheck } from '../../src/metrics/options/metrics-options-check.js';
import { meterPipeline, sourceOf } from './support/memory-metrics.js';
import { MetricsReceiver } from './support/metrics-receiver.js';

function plan(
  metrics: MetricsOptions | false,
  config: TracerConfig,
  env: NodeJS.ProcessEnv = {},
  warnings: string[] = [],
): MetricsPlan | undefined {
  return planMetrics(metrics, sourceOf(config, env), {
    env,
    warn: (text) => warnings.push(text),
    refused: new Set(),
    scraped: false,
  });
}

/** The addresses, or types, of the readers that are planned. */
function readers(...args: Parameters<typeof plan>): unknown[] {
  return (plan(...args)?.readers ?? []).map((reader) => {
    if (!('exporter' in reader)) return 'scrape' in reader ? reader.scrape : reader.reader;
    const { exporter } = reader;
    return 'url' in exporter
      ? `${exporter.type} ${exporter.url ?? ''}`
      : 'type' in exporter
        ? exporter.type
        : exporter;
  });
}

const GRPC: TracerConfig = { exporter: { type: 'otlp-grpc', url: 'http://collector:4317' } };

describe('without readers', () => {
  it.each<[string, TracerConfig, NodeJS.ProcessEnv, unknown[]]>([
    ['an OTLP exporter in code', GRPC, {}, ['otlp-grpc http://collector:4317']],
    [
      'several exporters',
      {
        exporter: [
          { type: 'console' },
          { type: 'otlp-http', url: 'http://a:4318' },
          { type: 'otlp-http-json', url: 'http://b:4318/base/v1/traces' },
        ],
      },
      {},
      ['otlp-http http://a:4318/v1/metrics', 'otlp-http-json http://b:4318/base/v1/metrics'],
    ],
    [
      'a path that is no OTLP receiver’s',
      { exporter: { type: 'otlp-http', url: 'http://a/traces' } },
      {},
      [],
    ],
    ['the console', { exporter: { type: 'console' } }, {}, []],
    ['Jaeger, which takes no metrics', { exporter: { type: 'jaeger' } }, {}, []],
    ['telemetry that is off', { ...GRPC, enabled: false }, {}, []],
    [
      'a general endpoint',
      {},
      { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4318' },
      ['otlp-http http://c:4318/v1/metrics'],
    ],
    [
      'an endpoint for metrics alone',
      { exporter: { type: 'console' } },
      { OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: 'http://c:4318/mine' },
      ['otlp-http http://c:4318/mine'],
    ],
    ['OTEL_METRICS_EXPORTER=none', GRPC, { OTEL_METRICS_EXPORTER: 'none' }, []],
    [
      'OTEL_METRICS_EXPORTER=otlp beside an exporter in code',
      GRPC,
      { OTEL_METRICS_EXPORTER: 'otlp' },
      ['otlp-grpc http://collector:4317'],
    ],
    [
      'several names',
      { exporter: { type: 'none' } },
      { OTEL_METRICS_EXPORTER: 'console,prometheus,otlp', OTEL_EXPORTER_PROMETHEUS_PORT: '9999' },
      ['console', { type: 'prometheus', port: 9999 }, 'otlp-grpc http://localhost:4317'],
    ],
  ])('%s', (_what, config, env, expected) => {
    expect(readers({}, config, env)).toEqual(expected);
  });

  it('warn of a name that does not exist', () => {
    const warnings: string[] = [];
    expect(readers({}, GRPC, { OTEL_METRICS_EXPORTER: 'statsd' }, warnings)).toEqual([]);
    expect(warnings).toEqual([expect.stringContaining('`statsd`')]);
  });
});

describe('readers in code', () => {
  const reader = { type: 'otlp-http', url: 'http://mine:4318' } as const;

  it('read nothing of the environment but the schedule, and are not joined by others', () => {
    const env = {
      OTEL_METRICS_EXPORTER: 'console',
      OTEL_EXPORTER_OTLP_METRICS_HEADERS: 'x-key=leaked',
      OTEL_EXPORTER_OTLP_HEADERS: 'x-key=leaked',
      OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: 'http://other:4318',
      OTEL_METRIC_EXPORT_INTERVAL: '5000',
    };
    const [planned] = plan({ readers: reader }, GRPC, env)?.readers ?? [];
    expect(planned).toEqual({
      exporter: {
        type: 'otlp-http',
        url: 'http://mine:4318/v1/metrics',
        timeoutMillis: 10_000,
        compression: 'none',
      },
      derived: false,
      exportIntervalMillis: 5000,
      exportTimeoutMillis: 5000,
      temporality: 'cumulative',
    });
  });

  it('win over the section, which wins over the environment', () => {
    const schedule = (own: object, common: object, env: NodeJS.ProcessEnv = {}): unknown => {
      const [planned] = plan({ readers: { ...reader, ...own }, ...common }, GRPC, env)?.readers ?? [];
      const { exportIntervalMillis, exportTimeoutMillis, temporality } = planned as Record<string, unknown>;
      return [exportIntervalMillis, exportTimeoutMillis, temporality];
    };
    const env = {
      OTEL_METRIC_EXPORT_INTERVAL: '7000',
      OTEL_METRIC_EXPORT_TIMEOUT: '700',
      OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: 'DELTA',
    };
    expect(schedule({}, {})).toEqual([60_000, 30_000, 'cumulative']);
    expect(schedule({}, {}, env)).toEqual([7000, 700, 'delta']);
    expect(schedule({}, { exportIntervalMillis: 8000, temporality: 'lowmemory' }, env)).toEqual([
      8000,
      700,
      'lowmemory',
    ]);
    expect(
      schedule({ exportIntervalMillis: 9000, exportTimeoutMillis: 1 }, { exportIntervalMillis: 8000 }, env),
    ).toEqual([9000, 1, 'delta']);
  });

  it.each<[unknown, string]>([
    [{ readers: { type: 'otlp-http', url: 'mine:4318' } }, 'metrics.readers.url'],
    [{ readers: [{ type: 'otlp' }] }, 'metrics.readers[0].type'],
    [{ exportIntervalMillis: 0 }, 'metrics.exportIntervalMillis'],
    [{ exportIntervalMillis: 10, exportTimeoutMillis: 20 }, 'metrics.exportTimeoutMillis'],
    [{ cardinalityLimit: 0 }, 'metrics.cardinalityLimit'],
    [{ http: { bodysizes: true } }, 'metrics.http.bodysizes'],
    [{ readers: { type: 'prometheus', port: 70_000 } }, 'metrics.readers.port'],
    [
      { readers: { setMetricProducer: () => {}, forceFlush: () => {}, shutdown: () => {} } },
      'metrics.readers',
    ],
    [true, 'metrics'],
  ])('%j is refused', (options, path) => {
    expect(() => {
      metricsOptionsCheck.assert(options, 'metrics');
    }).toThrow(expect.objectContaining({ code: 'TELEMETRY_CONFIG_INVALID', path }));
  });
});

describe('exports', () => {
  it.each(['otlp-grpc', 'otlp-http', 'otlp-http-json'] as const)(
    'arrive over %s, with headers',
    async (type) => {
      const receiver = await MetricsReceiver.start();
      const url = type === 'otlp-grpc' ? receiver.grpcUrl : receiver.httpUrl;
      const { meters, close } = await meterPipeline({
        // The receiver reads no compressed requests over HTTP.
        readers: {
          type,
          url,
          headers: { 'x-key': 'k' },
          compression: type === 'otlp-grpc' ? 'gzip' : 'none',
        },
      });
      onTestFinished(close);
      meters.counter('jobs', { unit: '{job}' }).add(3, { kind: 'a', size: 2, ok: true });
      await meters.forceFlush();
      await receiver.waitUntil(() => receiver.latest('jobs').length > 0);
      expect(receiver.latest('jobs')).toMatchObject([
        {
          unit: '{job}',
          value: 3,
          attributes: { kind: 'a', size: 2, ok: true },
          monotonic: true,
          temporality: 'cumulative',
        },
      ]);
      expect(receiver.requests[0]?.headers).toMatchObject({ 'x-key': 'k' });
      expect(meters.status().readers).toMatchObject([
        { reader: type, target: expect.stringContaining('127.0.0.1'), exports: 1, failures: 0 },
      ]);
    },
  );

  it('happen by themselves on their schedule', async () => {
    const receiver = await MetricsReceiver.start();
    const { meters, close } = await meterPipeline({
      readers: {
        type: 'otlp-grpc',
        url: receiver.grpcUrl,
        exportIntervalMillis: 50,
        exportTimeoutMillis: 50,
      },
    });
    onTestFinished(close);
    meters.counter('jobs').add(1);
    await receiver.waitUntil(() => receiver.points.filter(({ name }) => name === 'jobs').length >= 3);
  });

  it('are tried again when the receiver asks for it, and reported once when it refuses', async () => {
    const answers = [503, 429, 200, 401, 401];
    const seen: IncomingMessage[] = [];
    const server = createServer((request, response) => {
      seen.push(request);
      request
        .resume()
        .on('end', () => response.writeHead(answers[seen.length - 1] ?? 200, { 'retry-after': '0' }).end());
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const { meters, close, warnings } = await meterPipeline({
      readers: { type: 'otlp-http', url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` },
    });
    meters.counter('jobs').add(1);
    await meters.forceFlush();
    expect(seen).toHaveLength(3);
    expect(meters.status().readers).toMatchObject([{ exports: 1, failures: 0 }]);
    await meters.forceFlush();
    await meters.forceFlush();
    expect(warnings).toEqual([expect.stringMatching(/HTTP 401.*metrics\.readers\.headers/)]);
    expect(meters.status().readers).toMatchObject([
      { exports: 3, failures: 2, lastError: { code: 'HTTP 401' } },
    ]);
    await close();
  });

  it('stop where a receiver of spans takes no metrics, which is said once', async () => {
    let asked = 0;
    const server = createServer((request, response) => {
      asked += 1;
      request.resume().on('end', () => response.writeHead(404).end());
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/traces`;
    const { meters, close, warnings } = await meterPipeline(
      { readers: undefined as never },
      { exporter: { type: 'otlp-http', url } },
    );
    expect(meters.isEnabled()).toBe(true);
    meters.counter('jobs').add(1);
    await meters.forceFlush();
    await meters.forceFlush();
    expect(meters.isEnabled()).toBe(false);
    await close();
    // The last try of the reader that was given up included.
    expect(asked).toBeLessThanOrEqual(2);
    expect(warnings).toEqual([expect.stringContaining('takes no metrics')]);
  });

  it('do not hold up a shutdown when the receiver is away', async () => {
    const { meters, close } = await meterPipeline({
      readers: { type: 'otlp-http', url: 'http://127.0.0.1:1' },
    });
    meters.counter('jobs').add(1);
    const begun = performance.now();
    await close();
    expect(performance.now() - begun).toBeLessThan(1500);
  });
});
