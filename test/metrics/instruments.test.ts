import { ValueType, type Attributes } from '@opentelemetry/api';
import {
  AggregationTemporality,
  AggregationType,
  InMemoryMetricExporter,
  InstrumentType,
} from '@opentelemetry/sdk-metrics';
import { describe, expect, it, onTestFinished } from 'vitest';
import { TelemetryConfigError, TelemetryError } from '../../src/errors.js';
import { meterPipeline, pointsOf, type PipelineUnderTest } from './support/memory-metrics.js';

async function start(...args: Parameters<typeof meterPipeline>): Promise<PipelineUnderTest> {
  const started = await meterPipeline(...args);
  onTestFinished(started.close);
  return started;
}

function valuesOf(exporter: InMemoryMetricExporter, name: string): unknown[] {
  return pointsOf(exporter, name).map(({ value }) => value);
}

describe('instruments', () => {
  it('measure whatever kind they are', async () => {
    const { meters, exporter } = await start();
    meters.counter('c', { unit: '{job}' }).add(2, { kind: 'a' });
    meters.upDownCounter('u').add(-3);
    meters.histogram('h', { advice: { explicitBucketBoundaries: [1, 10] } }).record(5);
    meters.gauge('g').record(7);
    meters.observableCounter('oc', (result) => {
      result.observe(11);
    });
    meters.observableUpDownCounter('ou', (result) => {
      result.observe(-12);
    });
    meters.observableGauge('og', (result) => {
      result.observe(13, { room: 'x' });
    });
    const meter = meters.getMeter('mine', '1.0');
    const batched = meter.createObservableGauge('batched');
    meter.addBatchObservableCallback(
      (result) => {
        result.observe(batched, 14);
      },
      [batched],
    );
    await meters.forceFlush();
    expect(['c', 'u', 'g', 'oc', 'ou', 'og', 'batched'].map((name) => valuesOf(exporter, name))).toEqual(
      [2, -3, 7, 11, -12, 13, 14].map((value) => [value]),
    );
    expect(pointsOf(exporter, 'h')[0]?.value.buckets).toEqual({ boundaries: [1, 10], counts: [0, 1, 0] });
    const scopes = exporter.getMetrics()[0]!.scopeMetrics.map(({ scope }) => scope.name);
    expect(scopes).toEqual(['nestjs-telemetry', 'mine']);
  });

  it('are the same when they are asked for twice', async () => {
    const { meters } = await start();
    const counter = meters.counter('jobs', { unit: '{job}' });
    expect(meters.counter('jobs', { unit: '{job}' })).toBe(counter);
    expect(meters.counter('JOBS', { unit: '{job}' })).toBe(counter);
    expect(meters.getMeter().createCounter('jobs', { unit: '{job}' })).toBe(counter);
    expect(meters.getMeter('other').createCounter('jobs')).not.toBe(counter);
  });

  it.each([
    [
      'kind',
      (m: PipelineUnderTest['meters']) => m.histogram('jobs', { unit: '{job}' }),
      'the kind `counter` in place of `histogram`',
    ],
    [
      'unit',
      (m: PipelineUnderTest['meters']) => m.counter('jobs', { unit: 's' }),
      'the unit `{job}` in place of `s`',
    ],
    [
      'value type',
      (m: PipelineUnderTest['meters']) => m.counter('jobs', { unit: '{job}', valueType: ValueType.INT }),
      'the value type `double` in place of `int`',
    ],
  ])('refuse another %s under a name that is taken', async (_what, create, text) => {
    const { meters } = await start();
    meters.counter('jobs', { unit: '{job}' });
    expect(() => create(meters)).toThrow(
      expect.objectContaining({
        code: 'TELEMETRY_INSTRUMENT_CONFLICT',
        message: expect.stringContaining(text),
      }),
    );
    expect(() => create(meters)).toThrow(TelemetryError);
  });

  it.each(['', '1st', 'with space', 'ü'])('refuse the name %j, which no receiver takes', async (name) => {
    const { meters } = await start();
    expect(() => meters.counter(name)).toThrow(TelemetryConfigError);
  });

  it('measure nothing while metrics are off, and follow when they are turned on', async () => {
    const { meters, follow, exporter, pipeline } = await start({}, { enabled: false });
    const counter = meters.counter('jobs');
    counter.add(1);
    await meters.forceFlush();
    expect([meters.isEnabled(), pipeline.status().readers, exporter.getMetrics()]).toEqual([false, [], []]);
    await follow({ enabled: true });
    counter.add(1);
    await meters.forceFlush();
    expect(valuesOf(exporter, 'jobs')).toEqual([1]);
  });

  it('of what goes up and down know where they stand when metrics are turned on', async () => {
    const { meters, follow, exporter } = await start({}, { enabled: false });
    const open = meters.upDownCounter('open');
    open.add(3);
    await follow({ enabled: true });
    open.add(-1);
    await meters.forceFlush();
    expect(valuesOf(exporter, 'open')).toEqual([2]);
  });

  it.each(['cumulative', 'delta'] as const)(
    'leave out what is no measurement, and never throw (%s)',
    async (temporality) => {
      const { meters, follow, exporter } = await start();
      await meters.reconfigure({ readers: { type: 'custom', exporter, temporality } });
      const instruments = [
        meters.counter('counter'),
        meters.upDownCounter('upDownCounter'),
        meters.histogram('histogram'),
        meters.gauge('gauge'),
      ];
      const values = [1n, NaN, undefined, '1', {}] as number[];
      const attributes = [{ id: 1n }, null, { self: {} }] as unknown as Attributes[];
      Object.assign(attributes[2]!, { self: attributes });
      for (const instrument of instruments) {
        const measure = (value: number, given?: Attributes): void => {
          if ('add' in instrument) instrument.add(value, given);
          else instrument.record(value, given);
        };
        for (const value of values) if (!('record' in instrument)) measure(value);
        for (const odd of attributes) measure(1, odd);
        measure(2);
      }
      await meters.forceFlush();
      for (const name of ['counter', 'upDownCounter', 'gauge']) expect(valuesOf(exporter, name)).toEqual([2]);
      expect(valuesOf(exporter, 'histogram')).toMatchObject([{ count: 1, sum: 2 }]);
      await follow({ service: { name: 'other' } });
      await meters.forceFlush();
      expect(valuesOf(exporter, 'upDownCounter')).toEqual([2]);
    },
  );

  it('report callbacks that throw, and go on', async () => {
    const { meters, exporter, warnings } = await start();
    meters.observableGauge('broken', () => {
      throw new Error('no value');
    });
    meters.counter('jobs').add(1);
    await meters.forceFlush();
    expect(valuesOf(exporter, 'jobs')).toEqual([1]);
    expect(warnings).toEqual([expect.stringContaining('no value')]);
  });

  it('stop asking a callback that was removed', async () => {
    const { meters, exporter, follow } = await start();
    const gauge = meters.getMeter().createObservableGauge('gauge');
    const callback = (result: { observe(value: number): void }): void => {
      result.observe(1);
    };
    gauge.addCallback(callback);
    await meters.forceFlush();
    expect(valuesOf(exporter, 'gauge')).toEqual([1]);
    gauge.removeCallback(callback);
    await follow({ service: { name: 'other' } });
    await meters.forceFlush();
    exporter.reset();
    await meters.forceFlush();
    expect(valuesOf(exporter, 'gauge')).toEqual([]);
  });
});

describe('views', () => {
  it('rename, rebucket and drop, requests included', async () => {
    const { pipeline, meters, exporter } = await start({
      views: [
        { instrumentName: 'jobs', name: 'tasks' },
        { instrumentName: 'secret', aggregation: { type: AggregationType.DROP } },
        {
          instrumentName: 'http.server.request.duration',
          instrumentType: InstrumentType.HISTOGRAM,
          aggregation: { type: AggregationType.EXPLICIT_BUCKET_HISTOGRAM, options: { boundaries: [1] } },
        },
      ],
    });
    meters.counter('jobs').add(1);
    meters.counter('secret').add(1);
    pipeline.requestMeter?.finished({
      request: { headers: {}, httpVersion: '1.1' },
      response: {} as never,
      ...{
        method: 'GET',
        scheme: 'http',
        route: '/a',
        status: 200,
        operation: undefined,
        operationType: undefined,
        errorType: undefined,
        seconds: 0.5,
        stream: undefined,
      },
    });
    await meters.forceFlush();
    expect(valuesOf(exporter, 'tasks')).toEqual([1]);
    expect([valuesOf(exporter, 'jobs'), valuesOf(exporter, 'secret')]).toEqual([[], []]);
    expect(pointsOf(exporter, 'http.server.request.duration')[0]?.value.buckets).toEqual({
      boundaries: [1],
      counts: [1, 0],
    });
  });
});

describe('temporality', () => {
  it('delta tells what came since the last export, of requests too', async () => {
    const exporter = new InMemoryMetricExporter(AggregationTemporality.DELTA);
    const { pipeline, meters } = await start({ readers: exporter });
    const counter = meters.counter('jobs');
    const seen: unknown[] = [];
    for (const amount of [1, 2]) {
      counter.add(amount);
      for (let index = 0; index < amount; index += 1) {
        pipeline.requestMeter?.finished({
          request: { headers: {}, httpVersion: '1.1' },
          response: {} as never,
          ...{
            method: 'GET',
            scheme: 'http',
            route: '/a',
            status: 200,
            operation: undefined,
            operationType: undefined,
            errorType: undefined,
            seconds: 0.5,
            stream: undefined,
          },
        });
      }
      await meters.forceFlush();
      const [request] = pointsOf(exporter, 'http.server.request.duration');
      seen.push([
        valuesOf(exporter, 'jobs'),
        request?.value.count,
        request?.value.sum,
        request?.value.buckets.counts[7],
      ]);
    }
    await meters.forceFlush();
    expect(seen).toEqual([
      [[1], 1, 0.5, 1],
      [[2], 2, 1, 2],
    ]);
    // Nothing has come since.
    expect(exporter.getMetrics()).toHaveLength(2);
  });
});
