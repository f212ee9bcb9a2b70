import { Controller, Get, Inject, Injectable } from '@nestjs/common';
import {
  CommandBus,
  CommandHandler,
  CqrsModule,
  EventBus,
  EventsHandler,
  QueryBus,
  QueryHandler,
  Saga,
  type ICommand,
} from '@nestjs/cqrs';
import { EventEmitter2, EventEmitterModule, OnEvent } from '@nestjs/event-emitter';
import { Cron, Interval, ScheduleModule, SchedulerRegistry, Timeout } from '@nestjs/schedule';
import { map, type Observable } from 'rxjs';
import { afterEach, expect, it, vi } from 'vitest';
import { TracerManager } from '../../src/index.js';
import { namedSpans, type NamedSpan } from '../support/named-spans.js';
import { startApp, type TestApp } from '../support/test-app.js';

class CreateOrder {
  constructor(readonly id: string) {}
}
class FindOrder {
  constructor(readonly id: string) {}
}
class OrderCreated {
  constructor(readonly id: string) {}
}

@CommandHandler(CreateOrder)
class CreateOrderHandler {
  constructor(@Inject(EventBus) private readonly events: EventBus) {}

  async execute({ id }: CreateOrder): Promise<string> {
    if (id === 'bad') throw new TypeError('no such thing');
    await this.events.publish(new OrderCreated(id));
    return id;
  }
}

@QueryHandler(FindOrder)
class FindOrderHandler {
  execute({ id }: FindOrder): Promise<string> {
    return Promise.resolve(`order ${id}`);
  }
}

@EventsHandler(OrderCreated)
class OrderCreatedHandler {
  constructor(@Inject(TracerManager) private readonly manager: TracerManager) {}

  async handle(): Promise<void> {
    await Promise.resolve();
    this.manager.withSpan('mailing', () => undefined);
  }
}

@Injectable()
class Listeners {
  constructor(@Inject(TracerManager) private readonly manager: TracerManager) {}

  @OnEvent('order.paid')
  paid(): void {
    this.manager.withSpan('booking', () => undefined);
  }

  @OnEvent('order.late', { async: true })
  late(): void {
    this.manager.withSpan('reminding', () => undefined);
  }

  @OnEvent('order.lost')
  lost(): never {
    throw new RangeError('lost');
  }
}

@Controller()
class OrdersController {
  constructor(
    @Inject(CommandBus) private readonly commands: CommandBus,
    @Inject(QueryBus) private readonly queries: QueryBus,
    @Inject(EventEmitter2) private readonly emitter: EventEmitter2,
  ) {}

  @Get('create')
  create(): Promise<string> {
    return this.commands.execute(new CreateOrder('1'));
  }

  @Get('bad')
  bad(): Promise<string> {
    return this.commands.execute(new CreateOrder('bad')).catch((error: unknown) => String(error));
  }

  @Get('find')
  find(): Promise<string> {
    return this.queries.execute(new FindOrder('1'));
  }

  @Get('emit/:event')
  emit(): void {
    for (const event of ['order.paid', 'order.late', 'order.lost']) this.emitter.emit(event);
  }
}

function startOrders(): Promise<TestApp> {
  return startApp({
    controllers: [OrdersController],
    imports: [CqrsModule.forRoot(), EventEmitterModule.forRoot()],
    providers: [CreateOrderHandler, FindOrderHandler, OrderCreatedHandler, Listeners],
  });
}

const OK = { kind: 'INTERNAL', status: { code: 'UNSET' } } as const;
const leaf = (name: string, parent: string): NamedSpan => ({
  ...OK,
  name,
  parent: `INTERNAL ${parent}`,
  attributes: {},
});
const failure = (type: string, message: string) => ({
  status: { code: 'ERROR', message } as const,
  exceptions: [type],
});

it.each<[string, readonly NamedSpan[]]>([
  [
    '/create',
    [
      {
        ...OK,
        name: 'execute CreateOrder',
        parent: 'SERVER GET /create',
        attributes: {
          'code.function.name': 'CreateOrderHandler.execute',
          'cqrs.name': 'CreateOrder',
          'cqrs.type': 'command',
        },
      },
      {
        ...OK,
        name: 'handle OrderCreated',
        links: ['INTERNAL execute CreateOrder'],
        attributes: {
          'code.function.name': 'OrderCreatedHandler.handle',
          'cqrs.name': 'OrderCreated',
          'cqrs.type': 'event',
        },
      },
      leaf('mailing', 'handle OrderCreated'),
    ],
  ],
  [
    '/bad',
    [
      {
        ...OK,
        name: 'execute CreateOrder',
        parent: 'SERVER GET /bad',
        ...failure('TypeError', 'no such thing'),
        attributes: {
          'code.function.name': 'CreateOrderHandler.execute',
          'cqrs.name': 'CreateOrder',
          'cqrs.type': 'command',
          'error.type': 'TypeError',
        },
      },
    ],
  ],
  [
    '/find',
    [
      {
        ...OK,
        name: 'execute FindOrder',
        parent: 'SERVER GET /find',
        attributes: {
          'code.function.name': 'FindOrderHandler.execute',
          'cqrs.name': 'FindOrder',
          'cqrs.type': 'query',
        },
      },
    ],
  ],
])('commands and queries are children, events are linked: %s', async (path, expected) => {
  const app = await startOrders();
  await app.get(path);
  await app.close();
  expect(namedSpans(app.recorder.spans())).toEqual(expected);
});

it('commands of a saga are children of what publishes their event', async () => {
  class ShipOrder {}

  @CommandHandler(ShipOrder)
  class ShipOrderHandler {
    execute(): Promise<void> {
      return Promise.resolve();
    }
  }

  class Sagas {
    @Saga()
    shipping(events: Observable<unknown>): Observable<ICommand> {
      return events.pipe(map(() => new ShipOrder()));
    }
  }
  const app = await startApp({
    controllers: [OrdersController],
    imports: [CqrsModule.forRoot(), EventEmitterModule.forRoot()],
    providers: [CreateOrderHandler, FindOrderHandler, ShipOrderHandler, Sagas],
  });
  await app.get('/create');
  await app.recorder.waitFor('execute ShipOrder');
  await app.close();
  const shipping = namedSpans(app.recorder.spans()).find(({ name }) => name === 'execute ShipOrder');
  expect(shipping?.parent).toBe('INTERNAL execute CreateOrder');
});

it('listeners of events are children where they run inside `emit`, and linked where they run later', async () => {
  const app = await startOrders();
  await app.get('/emit/all');
  await app.recorder.waitFor('reminding');
  await app.close();
  const listener = (event: string, method: string) => ({
    ...OK,
    name: `on ${event}`,
    attributes: { 'code.function.name': `Listeners.${method}`, 'event_emitter.event': event },
  });
  const lost = listener('order.lost', 'lost');
  expect(namedSpans(app.recorder.spans())).toEqual([
    { ...listener('order.paid', 'paid'), parent: 'SERVER GET /emit/:event' },
    leaf('booking', 'on order.paid'),
    {
      ...lost,
      parent: 'SERVER GET /emit/:event',
      ...failure('RangeError', 'lost'),
      attributes: { ...lost.attributes, 'error.type': 'RangeError' },
    },
    { ...listener('order.late', 'late'), links: ['SERVER GET /emit/:event'] },
    leaf('reminding', 'on order.late'),
  ]);
});

afterEach(() => {
  vi.useRealTimers();
});

@Injectable()
class Tasks {
  readonly waiting: (() => void)[] = [];

  constructor(@Inject(TracerManager) private readonly manager: TracerManager) {}

  @Cron('*/5 * * * * *', { name: 'cleanup' })
  cleanup(): void {
    this.manager.withSpan('cleaning', () => undefined);
  }

  @Interval('poll', 4000)
  poll(): Promise<void> {
    // Until the tick after the next one.
    return new Promise((resolve) => {
      this.waiting.push(resolve);
      if (this.waiting.length > 1) this.waiting.shift()?.();
    });
  }

  @Timeout(500)
  once(): never {
    throw new RangeError('too early');
  }
}

it('each tick is a root span, with its schedule, and notes that another one still runs', async () => {
  vi.useFakeTimers({
    now: 0,
    toFake: ['setTimeout', 'setInterval', 'Date', 'clearTimeout', 'clearInterval'],
  });
  const app = await startApp({ imports: [ScheduleModule.forRoot()], providers: [Tasks] });
  await vi.advanceTimersByTimeAsync(8500);
  // Not a tick.
  app.app.get(Tasks).cleanup();
  await vi.advanceTimersByTimeAsync(5000);
  for (const finish of app.app.get(Tasks).waiting.splice(0)) finish();
  vi.useRealTimers();
  await app.close();
  const tick = (method: string, attributes: Record<string, unknown>): NamedSpan => ({
    ...OK,
    name: `Tasks.${method}`,
    attributes: { 'code.function.name': `Tasks.${method}`, ...attributes },
  });
  const spans = namedSpans(app.recorder.spans());
  const named = (name: string): NamedSpan[] => spans.filter((span) => span.name === name);
  const once = { 'schedule.type': 'timeout', 'schedule.expression': '500 ms' };
  expect(named('Tasks.once')).toEqual([
    { ...tick('once', { ...once, 'error.type': 'RangeError' }), ...failure('RangeError', 'too early') },
  ]);
  const poll = { 'schedule.type': 'interval', 'schedule.expression': '4000 ms', 'schedule.name': 'poll' };
  expect(named('Tasks.poll').slice(0, 2)).toEqual([
    tick('poll', poll),
    tick('poll', { ...poll, 'schedule.overlap': true }),
  ]);
  const cron = {
    'schedule.type': 'cron',
    'schedule.expression': '*/5 * * * * *',
    'schedule.name': 'cleanup',
  };
  expect(named('Tasks.cleanup')).toEqual([tick('cleanup', cron), tick('cleanup', cron)]);
  expect(
    named('cleaning')
      .map(({ parent }) => parent)
      .sort(),
  ).toEqual(['INTERNAL Tasks.cleanup', 'INTERNAL Tasks.cleanup', undefined]);
});

it('5,000 ticks of faked time make 5,000 bounded traces, and leave no timer behind', async () => {
  vi.useFakeTimers({
    now: 0,
    toFake: ['setTimeout', 'setInterval', 'Date', 'clearTimeout', 'clearInterval'],
  });
  class EverySecond {
    constructor(private readonly manager: TracerManager) {}

    @Cron('* * * * * *', { name: 'tick' })
    async tick(): Promise<void> {
      await this.manager.withSpan('work', () => Promise.resolve());
    }
  }
  Inject(TracerManager)(EverySecond, undefined, 0);
  Injectable()(EverySecond);
  const app = await startApp({ imports: [ScheduleModule.forRoot()], providers: [EverySecond] });
  await vi.advanceTimersByTimeAsync(1000);
  const timers = vi.getTimerCount();
  await vi.advanceTimersByTimeAsync(4_999_000);
  expect(vi.getTimerCount()).toBe(timers);
  await app.app.get(SchedulerRegistry).getCronJob('tick').stop();
  expect(vi.getTimerCount()).toBe(timers - 1);
  vi.useRealTimers();
  await app.close();
  const spans = app.recorder.spans();
  const traces = new Map<string, string[]>();
  for (const span of spans) {
    const { traceId } = span.spanContext();
    traces.set(traceId, [...(traces.get(traceId) ?? []), span.name]);
  }
  expect([traces.size, spans.length]).toEqual([5000, 10_000]);
  expect(new Set([...traces.values()].map(String))).toEqual(new Set(['work,EverySecond.tick']));
}, 60_000);

it('5,000 ticks make 5,000 traces of jobs that were added later as well', async () => {
  vi.useFakeTimers({
    now: 0,
    toFake: ['setTimeout', 'setInterval', 'Date', 'clearTimeout', 'clearInterval'],
  });
  const app = await startApp({ imports: [ScheduleModule.forRoot()] });
  const job = {
    fireOnTick: () => Promise.resolve(),
    stop: () => undefined,
    cronTime: { source: '* * * * * *' },
  };
  app.app.get(SchedulerRegistry).addCronJob('added', job as never);
  for (let tick = 0; tick < 5000; tick += 1) await job.fireOnTick();
  app.app.get(SchedulerRegistry).deleteCronJob('added');
  vi.useRealTimers();
  await app.close();
  const spans = app.recorder.spans();
  expect(spans).toHaveLength(5000);
  expect(new Set(spans.map((span) => span.spanContext().traceId)).size).toBe(5000);
});

it('a script is a root span, and its spans are delivered when it is over', async () => {
  const app = await startApp({});
  const manager = app.app.get(TracerManager, { strict: false });
  await expect(manager.runTraced('migrate', () => manager.withSpan('step', () => 'done'))).resolves.toBe(
    'done',
  );
  await expect(manager.runTraced('fails', () => Promise.reject(new RangeError('no')))).rejects.toThrow('no');
  expect(namedSpans(app.recorder.spans())).toEqual([
    { ...OK, name: 'migrate', attributes: {} },
    leaf('step', 'migrate'),
    { ...OK, name: 'fails', attributes: { 'error.type': 'RangeError' }, ...failure('RangeError', 'no') },
  ]);
});

it.each([
  [
    'throws',
    () => {
      throw new Error('no tenant');
    },
  ],
  ['rejects', () => Promise.reject(new Error('no tenant'))],
  ['answers a number', () => 7],
])('handles an event whatever `tenants.resolveEntry` does: %s', async (_what, misbehave) => {
  const resolveEntry = vi.fn(misbehave as unknown as () => string);
  class Heard {
    readonly orders: string[] = [];
    @OnEvent('order.shipped')
    shipped(order: string): void {
      this.orders.push(order);
    }
  }
  Injectable()(Heard);
  const { app } = await startApp({
    imports: [EventEmitterModule.forRoot()],
    providers: [Heard],
    telemetry: { tenants: { resolveEntry, config: () => undefined } },
  });
  await app.get(EventEmitter2).emitAsync('order.shipped', 'tea');
  expect(app.get(Heard).orders).toEqual(['tea']);
  expect(resolveEntry).toHaveBeenCalled();
});
