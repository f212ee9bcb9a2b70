import { Controller, Get, Injectable, Module, NotFoundException } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { Span, TelemetryModule, TracerManager, type ErrorClassifier } from '../../src/index.js';
import { SpanRecorder } from '../../src/testing/index.js';
import { exceptionEvent } from '../support/expected-server-span.js';
import { shapeOf, type SpanShape } from '../support/span-shape.js';
import { startApp } from '../support/test-app.js';

type Outcome = Pick<SpanShape, 'status' | 'attributes' | 'events'>;

const outcomeOf = (recorder: SpanRecorder, name: string): Outcome => {
  const { status, attributes, events } = shapeOf(recorder.span(name));
  return { status, attributes, events };
};

class ValidationError extends Error {
  override name = 'ValidationError';
}
class DatabaseError extends Error {}

@Injectable()
class Orders {
  constructor(private readonly manager: TracerManager) {}

  @Span()
  outer(error: unknown): void {
    this.middle(error);
  }

  @Span()
  middle(error: unknown): void {
    this.inner(error);
  }

  @Span()
  inner(error: unknown): void {
    throw error;
  }

  @Span()
  wraps(error: unknown): void {
    try {
      this.inner(error);
    } catch (cause) {
      throw new Error('outer failure', { cause });
    }
  }

  @Span()
  records(error: Error): void {
    this.manager.activeSpan()?.recordException(error);
    throw error;
  }
}

const failed = (message: string, type = 'Error'): Outcome => ({
  status: { code: 'ERROR', message },
  attributes: { 'error.type': type },
  events: [],
});

describe('an error that passes through three spans', () => {
  it.each<[string, unknown, string, string]>([
    ['an error', new Error('boom'), 'boom', 'Error'],
    ['a text', 'boom', 'boom', 'string'],
  ])('is recorded where it started: %s', async (_name, error, message, type) => {
    const { app, recorder } = await startApp({ providers: [Orders] });
    expect(() => {
      app.get(Orders).outer(error);
    }).toThrow(message);
    const { events } = outcomeOf(recorder, 'Orders.inner');
    expect(events.map(({ attributes }) => attributes['exception.message'])).toEqual([message]);
    for (const name of ['Orders.middle', 'Orders.outer']) {
      expect(outcomeOf(recorder, name)).toEqual(failed(message, type));
    }
  });

  it('is recorded again in another trace', async () => {
    const { app, recorder } = await startApp({ providers: [Orders] });
    const error = new Error('reused');
    for (const _ of [1, 2]) {
      expect(() => {
        app.get(Orders).inner(error);
      }).toThrow('reused');
    }
    expect(recorder.spans().map(({ events }) => events.length)).toEqual([1, 1]);
  });

  it('is recorded once also where the user records it by hand', async () => {
    const { app, recorder } = await startApp({ providers: [Orders] });
    expect(() => {
      app.get(Orders).records(new Error('by hand'));
    }).toThrow();
    expect(outcomeOf(recorder, 'Orders.records')).toEqual({
      ...failed('by hand'),
      events: [exceptionEvent('Error', 'by hand')],
    });
  });

  it('is recorded once in each trace that a kept rejection reaches', async () => {
    const { app, recorder } = await startApp({});
    const manager = app.get(TracerManager);
    const kept = Promise.reject(new DatabaseError('down'));
    const trace = (name: string): Promise<unknown> =>
      manager.withSpan(`${name} outer`, () => manager.withSpan(`${name} inner`, () => kept));
    await Promise.allSettled([trace('first'), trace('second')]);
    expect(recorder.spans().map(({ name, events }) => [name, events.length])).toEqual([
      ['first inner', 1],
      ['first outer', 0],
      ['second inner', 1],
      ['second outer', 0],
    ]);
  });

  it('is a new one once it is wrapped, with the cause in its stack trace', async () => {
    const { app, recorder } = await startApp({ providers: [Orders] });
    expect(() => {
      app.get(Orders).wraps(new DatabaseError('deadlock'));
    }).toThrow('outer failure');
    const [event] = outcomeOf(recorder, 'Orders.wraps').events;
    expect(event?.attributes['exception.message']).toBe('outer failure');
    expect(event?.attributes['exception.stacktrace']).toMatch(
      /^Error: outer failure\n[^]*\nCaused by: (Database)?Error: deadlock\n/,
    );
  });

  it('of several errors, lists them', async () => {
    const { app, recorder } = await startApp({ providers: [Orders] });
    expect(() => {
      app.get(Orders).inner(new AggregateError([new Error('first'), new Error('second')], 'both'));
    }).toThrow('both');
    expect(outcomeOf(recorder, 'Orders.inner').events[0]?.attributes['exception.stacktrace']).toMatch(
      /One of 2: Error: first[^]*One of 2: Error: second/,
    );
  });
});

it('limits message and stack trace', async () => {
  const { app, recorder } = await startApp({ providers: [Orders] });
  const error = new Error('m'.repeat(100_000), { cause: new Error('c'.repeat(100_000)) });
  expect(() => {
    app.get(Orders).inner(error);
  }).toThrow();
  const { status, events } = outcomeOf(recorder, 'Orders.inner');
  expect([
    status.message?.length,
    String(events[0]?.attributes['exception.message']).length,
    String(events[0]?.attributes['exception.stacktrace']).length,
  ]).toEqual([4096, 4096, 16_384]);
});

it('leaves an expected error without status and event', async () => {
  const { app, recorder } = await startApp({ providers: [Orders] });
  expect(() => {
    app.get(Orders).inner(new NotFoundException());
  }).toThrow();
  expect(outcomeOf(recorder, 'Orders.inner')).toEqual({
    status: { code: 'UNSET' },
    attributes: { 'error.type': 'NotFoundException' },
    events: [],
  });
});

describe('a classifier of the user’s', () => {
  /** The taxonomy of the manual instrumentation guide. */
  const guide: ErrorClassifier = (error) => {
    const text = error instanceof Error ? error.message : String(error);
    const taxonomy = (type: string, words: string, retryable?: boolean): ReturnType<ErrorClassifier> => ({
      type,
      message: `${words}: ${text}`,
      attributes: { 'error.message': text },
      ...(retryable === undefined ? {} : { retryable }),
    });
    if (error instanceof ValidationError) return taxonomy('validation', 'Validation failed');
    if (error instanceof DatabaseError) return taxonomy('database', 'Database error', true);
    return taxonomy('unknown', 'Unknown error');
  };

  it.each<[Error, Outcome['status'], Outcome['attributes']]>([
    [
      new ValidationError('no name'),
      { code: 'ERROR', message: 'Validation failed: no name' },
      { 'error.type': 'validation', 'error.message': 'no name' },
    ],
    [
      new DatabaseError('down'),
      { code: 'ERROR', message: 'Database error: down' },
      { 'error.type': 'database', 'error.message': 'down', 'error.retryable': true },
    ],
    [
      new Error('odd'),
      { code: 'ERROR', message: 'Unknown error: odd' },
      { 'error.type': 'unknown', 'error.message': 'odd' },
    ],
  ])('gives the guide’s taxonomy: %s', async (error, status, attributes) => {
    const { app, recorder } = await startApp({ providers: [Orders], telemetry: { errorClassifier: guide } });
    expect(() => {
      app.get(Orders).inner(error);
    }).toThrow(error);
    expect(outcomeOf(recorder, 'Orders.inner')).toMatchObject({ status, attributes });
  });

  it('can be changed while the app runs, and falls back to the default by returning nothing or throwing', async () => {
    const { app, recorder } = await startApp({ providers: [Orders] });
    const types: unknown[] = [];
    for (const errorClassifier of [
      () => ({ type: 'mine', expected: true }),
      () => ({ type: 'mine', attributes: null as never }),
      () => undefined,
      () => {
        throw new Error('broken classifier');
      },
      () => Promise.reject(new Error('asynchronous')) as never,
    ] satisfies ErrorClassifier[]) {
      await app.get(TracerManager).reconfigure({ errorClassifier });
      recorder.clear();
      expect(() => {
        app.get(Orders).inner(new DatabaseError('down'));
      }).toThrow('down');
      types.push(recorder.span('Orders.inner').attributes['error.type']);
    }
    expect(types).toEqual(['mine', 'mine', 'DatabaseError', 'DatabaseError', 'DatabaseError']);
  });
});

it('crossing two instances, is recorded in the one where it started', async () => {
  const billing = new SpanRecorder();
  @Injectable()
  class Billing {
    @Span()
    charge(): void {
      throw new DatabaseError('no funds');
    }
  }
  class BillingModule {}
  Module({
    imports: [TelemetryModule.forRoot({ service: { name: 'billing' }, exporter: billing })],
    providers: [Billing],
    exports: [Billing],
  })(BillingModule);
  @Controller()
  class OrdersController {
    constructor(private readonly billing: Billing) {}

    @Get('order')
    @Span()
    order(): void {
      this.billing.charge();
    }
  }
  const app = await startApp({
    imports: [BillingModule],
    controllers: [OrdersController],
    telemetry: { isGlobal: false },
  });
  expect((await app.get('/order')).status).toBe(500);
  const server = await app.recorder.waitFor('GET /order');
  expect(outcomeOf(billing, 'Billing.charge').events).toEqual([exceptionEvent('DatabaseError', 'no funds')]);
  expect(outcomeOf(app.recorder, 'OrdersController.order')).toEqual(failed('no funds', 'DatabaseError'));
  expect([server.events, server.status.code]).toEqual([[], 2]);
});
