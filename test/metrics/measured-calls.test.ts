import { AggregationTemporality, InMemoryMetricExporter } from '@opentelemetry/sdk-metrics';
import { lastValueFrom, of, throwError, type Observable } from 'rxjs';
import { describe, expect, it } from 'vitest';
import {
  Counted,
  MeterManager,
  Span,
  Timed,
  Traceable,
  TracerManager,
  type TelemetryModuleOptions,
} from '../../src/index.js';
import { MetricService, OtelMethodCounter } from '../../src/entry-points/nestjs-otel.js';
import { startApp, type TestApp } from '../support/test-app.js';
import { pointsOf } from './support/memory-metrics.js';

class Jobs {
  @Counted()
  count(fail = false): string {
    if (fail) throw new RangeError('no');
    return 'counted';
  }

  @Counted('jobs.async', { attributes: { queue: 'a' }, unit: '{job}' })
  async later(fail = false): Promise<string> {
    await Promise.resolve();
    if (fail) throw new TypeError('no');
    return 'later';
  }

  @Timed('jobs.time', { boundaries: [1] })
  stream(fail = false): Observable<string> {
    return fail ? throwError(() => new TypeError('no')) : of('streamed');
  }

  @Span('jobs.run', {
    metric: { name: 'jobs.span', attributes: ['queue'] },
    attributes: { queue: 'b', id: 7 },
  })
  run(): string {
    return 'run';
  }
}

async function start(telemetry: TelemetryModuleOptions = {}): Promise<{
  app: TestApp;
  exporter: InMemoryMetricExporter;
  jobs: Jobs;
  tracer: TracerManager;
  flush: () => Promise<void>;
}> {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const app = await startApp({
    providers: [Jobs],
    telemetry: { metrics: { readers: exporter }, ...telemetry },
  });
  return {
    app,
    exporter,
    jobs: app.app.get(Jobs),
    tracer: app.app.get(TracerManager, { strict: false }),
    flush: () => app.app.get(MeterManager, { strict: false }).forceFlush(),
  };
}

function shapes(exporter: InMemoryMetricExporter, name: string): unknown[] {
  return pointsOf(exporter, name).map(({ attributes, value }) => ({
    ...attributes,
    n: typeof value === 'number' ? value : (value as { count: number }).count,
  }));
}

describe('@Counted', () => {
  it('counts calls, failed ones with their error, and changes nothing else', async () => {
    const { jobs, exporter, flush } = await start();
    expect(jobs.count()).toBe('counted');
    expect(() => jobs.count(true)).toThrow(RangeError);
    expect(await jobs.later()).toBe('later');
    await expect(jobs.later(true)).rejects.toThrow(TypeError);
    await flush();
    expect(shapes(exporter, 'Jobs.count.calls')).toEqual([{ n: 1 }, { 'error.type': 'RangeError', n: 1 }]);
    expect(shapes(exporter, 'jobs.async')).toEqual([
      { queue: 'a', n: 1 },
      { queue: 'a', 'error.type': 'TypeError', n: 1 },
    ]);
  });

  it('leaves objects alone that Nest did not make', () => {
    const plain = new Jobs();
    expect(plain.count()).toBe('counted');
    expect(Object.keys(plain)).toEqual([]);
  });
});

it('leaves the span of a measured method to the class’s decorator', async () => {
  @Traceable()
  class Traced {
    @Counted()
    count(): void {}

    @Timed()
    time(): void {}
  }
  const { app, recorder } = await startApp({ providers: [Traced] });
  app.get(Traced).count();
  app.get(Traced).time();
  expect(recorder.spans().map(({ name }) => name)).toEqual(['Traced.count', 'Traced.time']);
});

it('@Timed measures until a stream is over', async () => {
  const { jobs, exporter, flush } = await start();
  const stream = jobs.stream();
  await flush();
  expect(shapes(exporter, 'jobs.time')).toEqual([]);
  expect(await lastValueFrom(stream)).toBe('streamed');
  await expect(lastValueFrom(jobs.stream(true))).rejects.toThrow(TypeError);
  await flush();
  expect(shapes(exporter, 'jobs.time')).toEqual([{ n: 1 }, { 'error.type': 'TypeError', n: 1 }]);
  expect(pointsOf(exporter, 'jobs.time')[0]?.value.buckets.boundaries).toEqual([1]);
});

describe.each([1, 0])('a span with a metric, at a sampling ratio of %d', (sampler) => {
  it('is span and histogram at once', async () => {
    const { app, jobs, tracer, exporter, flush } = await start({ sampler });
    jobs.run();
    tracer.withSpan('import orders!', { metric: true }, () => 1);
    const attributes = ['kind'];
    tracer.withSpan('load', { metric: { attributes }, attributes: { kind: 'x', id: 1 } }, () => 1);
    await tracer.withSpan('load', { metric: { attributes } }, async (span) => {
      await Promise.resolve();
      span.setAttribute('kind', 'y');
      span.setAttribute('id', 2);
    });
    await expect(
      tracer.withSpan('load', { metric: { attributes } }, () => Promise.reject(new RangeError('no'))),
    ).rejects.toThrow(RangeError);
    const stream = tracer.withSpan('load', { metric: { attributes } }, () => of(1));
    await lastValueFrom(stream);
    await flush();
    expect(shapes(exporter, 'jobs.span')).toEqual([{ queue: 'b', n: 1 }]);
    expect(shapes(exporter, 'import_orders_.duration')).toEqual([{ n: 1 }]);
    expect(shapes(exporter, 'load.duration')).toEqual([
      { kind: 'x', n: 1 },
      { kind: 'y', n: 1 },
      { 'error.type': 'RangeError', n: 1 },
      { n: 1 },
    ]);
    expect(app.recorder.spans().filter(({ name }) => name === 'load')).toHaveLength(sampler * 4);
  });

  it('keeps the trace below it what it is without one', async () => {
    const { app, tracer } = await start({ sampler });
    tracer.withSpan('outer', (outer) => {
      tracer.withSpan('measured', { metric: true }, (measured) => {
        tracer.withSpan('inner', (inner) => {
          expect(inner.spanContext().traceId).toBe(outer.spanContext().traceId);
          expect(inner.spanContext().traceFlags).toBe(sampler);
        });
        expect(measured.isRecording()).toBe(sampler === 1);
      });
    });
    const spans = app.recorder.spans();
    expect(spans.map(({ name }) => name)).toEqual(sampler === 1 ? ['inner', 'measured', 'outer'] : []);
  });
});

it('measures nothing while metrics are off, and never breaks the call', async () => {
  const { jobs, tracer } = await start({ metrics: false });
  expect([jobs.count(), jobs.run(), tracer.withSpan('x', { metric: true }, () => 3)]).toEqual([
    'counted',
    'run',
    3,
  ]);
});

it('lets a call be whose histogram would conflict', async () => {
  const { app, tracer, exporter, flush } = await start();
  app.app.get(MeterManager, { strict: false }).counter('taken.duration').add(1);
  expect(tracer.withSpan('taken', { metric: true }, () => 3)).toBe(3);
  await flush();
  expect(shapes(exporter, 'taken.duration')).toEqual([{ n: 1 }]);
});

it('knows the names of nestjs-otel', async () => {
  class Old {
    @OtelMethodCounter()
    work(): string {
      return 'worked';
    }
  }
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const app = await startApp({ providers: [Old], telemetry: { metrics: { readers: exporter } } });
  const metrics = app.app.get(MetricService, { strict: false });
  metrics.getCounter('c').add(1);
  metrics.getUpDownCounter('u').add(2);
  metrics.getHistogram('h').record(3);
  metrics.getGauge('g').record(4);
  const observables = [
    metrics.getObservableGauge('og'),
    metrics.getObservableCounter('oc'),
    metrics.getObservableUpDownCounter('ou'),
  ];
  for (const observable of observables) {
    observable.addCallback((result) => {
      result.observe(5);
    });
  }
  metrics.getCounter('c', { prefix: 'shop' }).add(6);
  expect(metrics.getCounter('c')).toBe(app.app.get(MeterManager, { strict: false }).counter('c'));
  expect(app.app.get(Old).work()).toBe('worked');
  await app.app.get(MeterManager, { strict: false }).forceFlush();
  const names = ['app.Old.work.calls.total', 'c', 'u', 'h', 'g', 'og', 'oc', 'ou', 'shop.c'];
  const values = [1, 1, 2, 1, 4, 5, 5, 5, 6];
  expect(names.map((name) => shapes(exporter, name))).toEqual(values.map((n) => [{ n }]));
});
