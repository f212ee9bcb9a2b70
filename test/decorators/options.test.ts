import { Controller, Get, Injectable, type OnModuleInit } from '@nestjs/common';
import { SpanKind, SpanStatusCode, type Span as ApiSpan } from '@opentelemetry/api';
import { describe, expect, it } from 'vitest';
import { CurrentSpan, NoSpan, Span, SpanAttribute, Traceable, TracerManager } from '../../src/index.js';
import { TraceStage } from '../../src/entry-points/workflow.js';
import { PLAIN_SPAN, shapeOf, type SpanShape } from '../support/span-shape.js';
import { startApp } from '../support/test-app.js';

const link = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', traceFlags: 1 };

const unreadable = Object.defineProperty(new Error('x'), 'message', {
  get: () => {
    throw new Error('no');
  },
});

/** As mocks that take every question for a mistake. */
const strict = new Proxy(
  {},
  {
    get: (_target, name) => {
      throw new Error(`Nobody may ask for ${String(name)}.`);
    },
  },
);

@Injectable()
class Options {
  @Span('orders.find', {
    kind: SpanKind.CLIENT,
    attributes: { 'db.system': 'pg' },
    links: [{ context: link }],
  })
  fixed(): void {}

  @Span((id: string, limit = 10) => ({ attributes: { id, limit } }))
  fromArguments(_id: string, _limit?: number): void {}

  @Span({ onResult: (rows: string[]) => ({ attributes: { rows: rows.length } }) })
  async fromResult(): Promise<string[]> {
    return ['a', 'b'];
  }

  @Span({ onResult: (_result: unknown, id: string) => ({ attributes: { id } }) })
  fromResultAndArguments(_id: string): void {}

  @Span({
    onResult: () => {
      throw new Error('broken hook');
    },
  })
  brokenResult(): string {
    return 'kept';
  }

  @Span({ onResult: () => Promise.reject(new Error('asynchronous hook')) as never })
  asynchronousResult(): string {
    return 'kept';
  }

  @Span(() => Promise.reject(new Error('asynchronous options')) as never)
  asynchronousOptions(): string {
    return 'kept';
  }

  @Span({
    links: [null as never, { context: link }],
    attributes: {
      get torn(): string {
        throw new Error('torn');
      },
      whole: 1,
    },
    sample: Number.NaN,
  })
  damagedOptions(): string {
    return 'kept';
  }

  @Span({ includeInputOutput: true })
  standIn(): object {
    return strict;
  }

  @Span(() => {
    throw new Error('broken options');
  })
  brokenOptions(): string {
    return 'kept';
  }

  @Span(() => null as never)
  noOptions(): void {}

  @Span(() => ({ attributes: null as never }))
  noAttributes(): void {}

  @Span({ attributes: { error: unreadable as never } })
  unreadable(): void {}

  @TraceStage('rank', () => undefined as never)
  stage(): string {
    return 'ran';
  }

  @Span({ root: true })
  root(): void {}

  @Span({
    errorClassifier: () => ({ type: 'sold_out', expected: true, attributes: { 'order.state': 'none' } }),
  })
  classified(): void {
    throw new Error('sold out');
  }

  @Span()
  parameters(
    @SpanAttribute('customer.id', 'customer.id') _order: object,
    @SpanAttribute('items', (items: unknown[]) => items.length) _items: unknown[],
    @SpanAttribute('note') _note?: string,
    @SpanAttribute('all') _all?: object,
  ): void {}
}

it.each<[string, (options: Options) => unknown, Partial<SpanShape>]>([
  [
    'fixed options',
    (options) => options.fixed(),
    {
      name: 'orders.find',
      kind: 'CLIENT',
      attributes: { 'db.system': 'pg' },
      links: [{ traceId: link.traceId, spanId: link.spanId, attributes: {} }],
    },
  ],
  [
    'options from the arguments',
    (options) => options.fromArguments('7'),
    { name: 'Options.fromArguments', attributes: { id: '7', limit: 10 } },
  ],
  [
    'attributes from the result',
    (options) => options.fromResult(),
    { name: 'Options.fromResult', attributes: { rows: 2 } },
  ],
  [
    'attributes from result and arguments',
    (options) => options.fromResultAndArguments('7'),
    { name: 'Options.fromResultAndArguments', attributes: { id: '7' } },
  ],
  ['a hook that throws', (options) => options.brokenResult(), { name: 'Options.brokenResult' }],
  ['options that throw', (options) => options.brokenOptions(), { name: 'Options.brokenOptions' }],
  [
    'a hook that answers later',
    (options) => options.asynchronousResult(),
    { name: 'Options.asynchronousResult' },
  ],
  [
    'options that come later',
    (options) => options.asynchronousOptions(),
    { name: 'Options.asynchronousOptions' },
  ],
  [
    'damaged links, attributes and shares',
    (options) => options.damagedOptions(),
    {
      name: 'Options.damagedOptions',
      attributes: { torn: '[Unserializable]', whole: 1 },
      links: [{ traceId: link.traceId, spanId: link.spanId, attributes: {} }],
    },
  ],
  ['a function without options', (options) => options.noOptions(), { name: 'Options.noOptions' }],
  ['no attributes', (options) => options.noAttributes(), { name: 'Options.noAttributes' }],
  [
    'an attribute that cannot be read',
    (options) => options.unreadable(),
    { name: 'Options.unreadable', attributes: { error: '[Unserializable]' } },
  ],
  [
    'its own error classifier',
    (options) => {
      expect(() => options.classified()).toThrow('sold out');
    },
    { name: 'Options.classified', attributes: { 'error.type': 'sold_out', 'order.state': 'none' } },
  ],
  [
    'parameters',
    (options) => options.parameters({ customer: { id: 'c1' } }, [1, 2], undefined, { deep: [1] }),
    {
      name: 'Options.parameters',
      attributes: { 'customer.id': 'c1', items: 2, all: { deep: [1] } as never },
    },
  ],
  [
    'parameters without what their path names',
    (options) => options.parameters({}, []),
    { name: 'Options.parameters', attributes: { items: 0 } },
  ],
])('takes %s', async (_name, call, expected) => {
  const { app, recorder } = await startApp({ providers: [Options] });
  await call(app.get(Options));
  expect(recorder.spans().map(shapeOf)).toEqual([{ ...PLAIN_SPAN, ...expected }]);
});

it('hands a result through that nobody may look at', async () => {
  const { app, recorder } = await startApp({ providers: [Options] });
  expect(app.get(Options).standIn() === strict).toBe(true);
  expect(recorder.spans().map(({ name }) => name)).toEqual(['Options.standIn']);
});

it('runs a stage whose function returns no options', async () => {
  const { app, recorder } = await startApp({ providers: [Options] });
  expect(app.get(Options).stage()).toBe('ran');
  expect(recorder.span('stage:rank').attributes['workflow.stage.id']).toBe('rank');
});

it('begins a trace of its own with `root`', async () => {
  const { app, recorder } = await startApp({ providers: [Options] });
  app.get(TracerManager).withSpan('flow', () => {
    app.get(Options).root();
  });
  const root = recorder.span('Options.root');
  expect(root.parentSpanContext).toBeUndefined();
  expect(root.spanContext().traceId).not.toBe(recorder.span('flow').spanContext().traceId);
});

describe('@Traceable', () => {
  @Traceable({ kind: SpanKind.PRODUCER, exclude: ['log*'] })
  @Injectable()
  class Users implements OnModuleInit {
    onModuleInit(): void {
      this.logStart();
    }

    get count(): number {
      return 1;
    }

    find(): number {
      return this.count + this.helper();
    }

    @NoSpan()
    helper(): number {
      return 1;
    }

    @Span('special')
    named(): void {}

    logStart(): void {}

    [Symbol.toPrimitive](): string {
      return 'users';
    }
  }

  it('covers methods but hooks, accessors, symbols, @NoSpan and what is excluded; @Span wins', async () => {
    const { app, recorder } = await startApp({ providers: [Users] });
    const users = app.get(Users);
    expect([users.find(), users[Symbol.toPrimitive]()]).toEqual([2, 'users']);
    users.named();
    expect(recorder.spans().map(({ name, kind }) => [name, SpanKind[kind]])).toEqual([
      ['Users.find', 'PRODUCER'],
      ['special', 'INTERNAL'],
    ]);
  });

  it('takes a name for the class, and the only methods to trace', async () => {
    @Traceable({ name: 'accounts', include: ['find'] })
    class Accounts {
      find(): void {
        this.inner();
      }

      inner(): void {}
    }
    const { app, recorder } = await startApp({ providers: [Accounts] });
    app.get(Accounts).find();
    expect(recorder.tree()).toEqual([{ name: 'accounts.find', children: [] }]);
  });
});

describe('in a controller', () => {
  @Controller()
  class Pages {
    @Get('page')
    page(@CurrentSpan() span: ApiSpan): string {
      span.setAttribute('page', 1);
      return 'page';
    }

    @NoSpan()
    @Get('quiet')
    quiet(@CurrentSpan() span: ApiSpan): boolean {
      return span.isRecording();
    }
  }

  @NoSpan()
  @Controller('health')
  class Health {
    @Get()
    @Span()
    check(): string {
      return 'up';
    }
  }

  it('@CurrentSpan is the request’s span', async () => {
    const app = await startApp({ controllers: [Pages] });
    await app.get('/page');
    expect((await app.recorder.waitFor('GET /page')).attributes).toMatchObject({ page: 1 });
  });

  it('@NoSpan on a handler or a controller leaves its requests untraced', async () => {
    const app = await startApp({ controllers: [Pages, Health] });
    expect((await app.get('/quiet')).body).toBe('false');
    expect((await app.get('/health')).body).toBe('up');
    await app.get('/page');
    await app.recorder.waitFor('GET /page');
    expect(app.recorder.spans().map(({ name }) => name)).toEqual(['GET /page']);
  });
});

it('fails a span whose method throws what is no error', async () => {
  class Odd {
    @Span()
    work(): void {
      throw 'plain text';
    }
  }
  const { app, recorder } = await startApp({ providers: [Odd] });
  expect(() => app.get(Odd).work()).toThrow('plain text');
  expect(recorder.span('Odd.work').status).toEqual({ code: SpanStatusCode.ERROR, message: 'plain text' });
});
