import { Inject, Injectable, Module, type ModuleMetadata, type Type } from '@nestjs/common';
import { Processor, WorkerHost } from '@nestjs/bullmq';
import { CommandBus, CommandHandler, CqrsModule, EventBus, EventsHandler } from '@nestjs/cqrs';
import { EventEmitter2, EventEmitterModule, OnEvent } from '@nestjs/event-emitter';
import { WsAdapter } from '@nestjs/platform-ws';
import { ScheduleModule, Timeout } from '@nestjs/schedule';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { describe, expect, it, vi } from 'vitest';
import WebSocket from 'ws';
import { NoSpan, TelemetryModule, TracerManager, type TelemetryModuleOptions } from '../../src/index.js';
import { SpanRecorder } from '../../src/testing/index.js';
import { startApp, type TestApp, type TestAppOptions } from '../support/test-app.js';

/** What handlers did, which nobody's choice may change. */
@Injectable()
class Seen {
  readonly lines: string[] = [];
}

/** Works inside of a handler, in a span of its own. */
@Injectable()
class Work {
  constructor(
    @Inject(TracerManager) private readonly manager: TracerManager,
    @Inject(Seen) private readonly seen: Seen,
  ) {}

  do(): string {
    return this.manager.withSpan('work', () => {
      this.seen.lines.push('done');
      return 'done';
    });
  }
}

class PackOrder {}
class OrderPacked {}

/** One kind of entry: a handler, what it needs, and how it is reached. */
interface Kind {
  readonly entries: 'events' | 'cqrs' | 'schedule' | 'queues' | 'websockets';
  readonly pattern: string;
  readonly span: string;
  readonly imports?: ModuleMetadata['imports'];
  readonly setup?: TestAppOptions['setup'];
  /** @param decorate - applied to the handling method, such as `NoSpan()` */
  handler(decorate: MethodDecorator): Type;
  reach(app: TestApp, handler: Type): unknown;
}

const KINDS: Readonly<Record<string, Kind>> = {
  'a listener': {
    entries: 'events',
    pattern: 'order.paid',
    span: 'on order.paid',
    imports: [EventEmitterModule.forRoot()],
    handler(decorate) {
      @Injectable()
      class Listener {
        constructor(@Inject(Work) private readonly work: Work) {}

        @OnEvent('order.paid')
        @decorate
        paid(): void {
          this.work.do();
        }
      }
      return Listener;
    },
    reach: ({ app }) => app.get(EventEmitter2).emit('order.paid'),
  },
  'a listener inside a flow': {
    entries: 'events',
    pattern: 'order.paid',
    span: 'on order.paid',
    imports: [EventEmitterModule.forRoot()],
    handler: (decorate) => KINDS['a listener']!.handler(decorate),
    reach: ({ app }) =>
      app
        .get(TracerManager, { strict: false })
        .withSpan('flow', () => app.get(EventEmitter2).emit('order.paid')),
  },
  'a command': {
    entries: 'cqrs',
    pattern: 'PackOrder',
    span: 'execute PackOrder',
    imports: [CqrsModule.forRoot()],
    handler(decorate) {
      @CommandHandler(PackOrder)
      class PackOrderHandler {
        constructor(@Inject(Work) private readonly work: Work) {}

        @decorate
        async execute(): Promise<string> {
          await Promise.resolve();
          return this.work.do();
        }
      }
      return PackOrderHandler;
    },
    reach: ({ app }) => app.get(CommandBus).execute(new PackOrder()),
  },
  'an event of cqrs': {
    entries: 'cqrs',
    pattern: 'OrderPacked',
    span: 'handle OrderPacked',
    imports: [CqrsModule.forRoot()],
    handler(decorate) {
      @EventsHandler(OrderPacked)
      class OrderPackedHandler {
        constructor(@Inject(Work) private readonly work: Work) {}

        @decorate
        handle(): void {
          this.work.do();
        }
      }
      return OrderPackedHandler;
    },
    reach: ({ app }) => app.get(EventBus).publish(new OrderPacked()),
  },
  'a tick': {
    entries: 'schedule',
    pattern: 'tick',
    span: 'Task.tick',
    imports: [ScheduleModule.forRoot()],
    handler(decorate) {
      @Injectable()
      class Task {
        constructor(@Inject(Work) private readonly work: Work) {}

        @Timeout('tick', 30)
        @decorate
        tick(): void {
          this.work.do();
        }
      }
      return Task;
    },
    reach: () => undefined,
  },
  'a job': {
    entries: 'queues',
    pattern: 'packing',
    span: 'process packing',
    handler(decorate) {
      @Processor('packing')
      class Packer extends WorkerHost {
        constructor(@Inject(Work) private readonly work: Work) {
          super();
        }

        @decorate
        process(): Promise<string> {
          return Promise.resolve(this.work.do());
        }
      }
      return Packer;
    },
    reach({ app }, handler) {
      const packer = app.get<{ process(job: object): unknown }>(handler, { strict: false });
      return packer.process({ id: '1', name: 'pack', queueName: 'packing', opts: {}, attemptsMade: 0 });
    },
  },
  'a socket message': {
    entries: 'websockets',
    pattern: 'pack',
    span: 'pack',
    setup: (nest) => nest.useWebSocketAdapter(new WsAdapter(nest)),
    handler(decorate) {
      @WebSocketGateway()
      class Gateway {
        constructor(@Inject(Work) private readonly work: Work) {}

        @SubscribeMessage('pack')
        @decorate
        pack(): string {
          return this.work.do();
        }
      }
      return Gateway;
    },
    async reach(app) {
      const socket = new WebSocket(app.url.replace('http', 'ws'));
      await new Promise<void>((resolve) => socket.on('open', resolve));
      socket.send(JSON.stringify({ event: 'pack' }));
      await vi.waitFor(() => expect(app.app.get(Seen, { strict: false }).lines).toEqual(['done']));
      socket.close();
    },
  },
};

const plain: MethodDecorator = () => undefined;

async function run(
  { handler: make, imports = [], setup, reach }: Kind,
  {
    telemetry = {},
    decorate = plain,
    near,
  }: {
    readonly telemetry?: TelemetryModuleOptions;
    readonly decorate?: MethodDecorator;
    readonly near?: SpanRecorder;
  },
): Promise<readonly string[]> {
  const handler = make(decorate);
  class HandlerModule {}
  const instance = TelemetryModule.forRoot({ service: { name: 'near' }, exporter: near ?? { type: 'none' } });
  Module({ imports: near === undefined ? [] : [instance], providers: [Seen, Work, handler] })(HandlerModule);
  const app = await startApp({
    telemetry,
    imports: [...imports, HandlerModule],
    ...(setup === undefined ? {} : { setup }),
  });
  await reach(app, handler);
  const { lines } = app.app.get(Seen, { strict: false });
  await vi.waitFor(() => expect(lines).toEqual(['done']));
  await app.close();
  return namesOf(app.recorder);
}

function namesOf(recorder: SpanRecorder): readonly string[] {
  const names = recorder.spans().map(({ name }) => name);
  return names.filter((name) => name !== 'flow');
}

describe.each(Object.entries(KINDS))('%s', (_name, kind) => {
  const { entries, pattern, span } = kind;
  const both = ['work', span];
  const choose = (choice: object | false): TelemetryModuleOptions => ({ entries: { [entries]: choice } });

  it.each<[string, TelemetryModuleOptions, readonly string[]]>([
    ['on', {}, both],
    ['included', choose({ include: [pattern] }), both],
    ['not the one excluded', choose({ exclude: ['other'] }), both],
    ['off', choose(false), ['work']],
    ['off with all entries', { entries: false }, ['work']],
    ['excluded', choose({ exclude: [`${pattern.slice(0, 3)}*`] }), []],
    ['excluded by an expression', choose({ exclude: [/./] }), []],
    ['not included', choose({ include: ['other'] }), []],
    ['sampled out', { sampler: 0 }, []],
    ['disabled', { enabled: false }, []],
  ])('that is %s is handled once, and has its spans or none', async (_choice, telemetry, names) => {
    expect(await run(kind, { telemetry })).toEqual(names);
  });

  it('with `@NoSpan` makes no spans', async () => {
    expect(await run(kind, { decorate: NoSpan() })).toEqual([]);
  });

  it('belongs to the nearer of two instances', async () => {
    const near = new SpanRecorder();
    expect(await run(kind, { near })).toEqual([]);
    expect(namesOf(near)).toEqual(both);
  });
});
