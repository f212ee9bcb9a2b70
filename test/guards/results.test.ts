import { Injectable, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Counted, Span, Timed, TracerManager } from '../../src/index.js';
import { TracePipeline, TraceStage } from '../../src/entry-points/workflow.js';
import { SpanRecorder, TelemetryTestingModule } from '../../src/testing/index.js';
import { LogRecorder } from '../support/log-recorder.js';
import { startApp } from '../support/test-app.js';

const escaped: unknown[] = [];
const note = (error: unknown): void => {
  escaped.push(error);
};
beforeEach(() => process.on('unhandledRejection', note));
afterEach(() => {
  process.off('unhandledRejection', note);
  escaped.length = 0;
  vi.unstubAllEnvs();
});

/** A query that begins when somebody asks for its result. */
class Query {
  runs = 0;
  readonly [Symbol.toStringTag] = 'Query';

  constructor(private readonly run: () => Promise<unknown>) {}

  then(fulfilled?: (value: unknown) => unknown, rejected?: (error: unknown) => unknown): Promise<unknown> {
    this.runs += 1;
    return this.run().then(fulfilled, rejected);
  }

  catch(rejected: (error: unknown) => unknown): Promise<unknown> {
    return this.then(undefined, rejected);
  }

  toSQL(): string {
    return 'SELECT 1';
  }
}

const kept = Promise.resolve(1);

class Own {
  handled(): Promise<never> {
    const promise = Promise.reject(new Error('handled'));
    promise.catch(() => undefined);
    return promise;
  }
  same(): Promise<number> {
    return kept;
  }
}

const DECORATORS = {
  '@Span': Span(),
  '@Timed': Timed('time'),
  '@Counted': Counted('count'),
  '@TracePipeline': TracePipeline('p'),
  '@TraceStage': TraceStage('s'),
};

it.each(Object.entries(DECORATORS))(
  '%s hands the promise of a method through as it is',
  async (_name, decorate) => {
    class Decorated extends Own {}
    for (const method of ['handled', 'same'] as const) {
      const descriptor = Object.getOwnPropertyDescriptor(Own.prototype, method) as PropertyDescriptor;
      decorate(Decorated.prototype, method, descriptor);
      Object.defineProperty(Decorated.prototype, method, descriptor);
    }
    Injectable()(Decorated);
    const { app } = await startApp({
      providers: [Decorated],
      telemetry: { metrics: { readers: { type: 'console' } } },
    });
    const work = app.get(Decorated);
    void work.handled();
    await new Promise(setImmediate);
    expect([work.same() === kept, work.same() === kept, escaped]).toEqual([true, true, []]);
  },
);

it.each([
  ['development', ['plain', 'handled']],
  ['production', []],
])(
  'in %s Node reports the rejection of an async function, and the log names that of another',
  async (env, noted) => {
    vi.stubEnv('NODE_ENV', env);
    const logger = new LogRecorder();
    const { app, recorder } = await startApp({ logger });
    const manager = app.get(TracerManager);
    void manager.withSpan('async', async () => Promise.reject(new Error('first')));
    const plain = Promise.reject(new Error('second'));
    const keys = Reflect.ownKeys(plain);
    void manager.withSpan('plain', () => plain);
    manager.withSpan('handled', () => Promise.reject(new Error('third'))).catch(() => undefined);
    await vi.waitFor(() => {
      expect(escaped).toHaveLength(1);
    });
    expect([escaped, Reflect.ownKeys(plain)]).toEqual([[new Error('first')], keys]);
    const lines = logger.lines().filter((line) => line.includes('was rejected'));
    expect(lines.map((line) => /`(\w+)`/.exec(line)?.[1])).toEqual(noted);
    const results = recorder.spans().map(({ name, status }) => `${name} ${status.message}`);
    expect(results.sort()).toEqual(['async first', 'handled third', 'plain second']);
  },
);

it('a lazy query stays itself and runs in the span of the method that returned it', async () => {
  const { app, recorder } = await startApp({});
  const manager = app.get(TracerManager);
  const query = new Query(() =>
    manager.withSpan('SELECT', async () => Promise.reject(new Error('no table'))),
  );
  const returned = manager.withSpan('find', () => query);
  expect([returned === query, returned instanceof Query, returned.toSQL(), query.runs]).toEqual([
    true,
    true,
    'SELECT 1',
    0,
  ]);
  expect(recorder.spans()).toEqual([]);
  await expect(returned).rejects.toThrow('no table');
  expect([query.runs, recorder.tree(), recorder.span('find').status.code]).toEqual([
    1,
    [{ name: 'find', children: [{ name: 'SELECT', children: [] }] }],
    2,
  ]);
});

it('calls with arguments left out in the middle run', async () => {
  const { app, recorder } = await startApp({});
  const manager = app.get(TracerManager);
  const loose = manager.getTracer() as any;
  const end = (span: { end(): void }): number => {
    span.end();
    return 7;
  };
  expect([
    loose.startActiveSpan('a', {}, undefined, end),
    loose.startActiveSpan('b', undefined, undefined, end),
    loose.startActiveSpan('c', null, end),
    manager.withSpan('d', null, () => 7),
    manager.withSpan('e', undefined, () => 7),
  ]).toEqual([7, 7, 7, 7, 7]);
  loose.startSpan('f', null, null).end();
  expect(recorder.spans().map(({ name }) => name)).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
});

it('a span that a processor ends while it ends is counted once', async () => {
  const nothing = (): Promise<void> => Promise.resolve();
  const processor = { onStart() {}, onEnd() {}, forceFlush: nothing, shutdown: nothing };
  const onEnding = (span: { end(): void }): void => {
    span.end();
  };
  const { app } = await startApp({ telemetry: { spanProcessors: [{ ...processor, onEnding }] } });
  const manager = app.get(TracerManager);
  manager.withSpan('one', () => 1);
  expect(manager.status().spans.ended).toBe(1);
});

it('each app that imports a testing module has a recorder of its own', async () => {
  class App {}
  Module({ imports: [TelemetryTestingModule.forRoot()] })(App);
  const counts: number[] = [];
  for (const times of [1, 2]) {
    const module = await Test.createTestingModule({ imports: [App] }).compile();
    for (let time = 0; time < times; time += 1)
      module.get(TracerManager, { strict: false }).withSpan('x', () => 1);
    counts.push(module.get(SpanRecorder, { strict: false }).spans().length);
    await module.close();
  }
  expect(counts).toEqual([1, 2]);
});

it('a part of a manager takes the place of the real one in a test', async () => {
  const module = await Test.createTestingModule({ imports: [TelemetryTestingModule.forRoot()] })
    .overrideProvider(TracerManager)
    .useValue({ withSpan: (_name: string, fn: () => unknown) => fn() })
    .compile();
  expect(module.get(TracerManager).withSpan('x', () => 7)).toBe(7);
});
