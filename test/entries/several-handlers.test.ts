import { Controller, Inject, Injectable } from '@nestjs/common';
import { OnWorkerEvent, Processor, WorkerHost } from '@nestjs/bullmq';
import { ClientProxyFactory, EventPattern, Transport, type ClientProxy } from '@nestjs/microservices';
import { Interval, ScheduleModule } from '@nestjs/schedule';
import { SpanKind } from '@opentelemetry/api';
import { lastValueFrom } from 'rxjs';
import { expect, it, vi } from 'vitest';
import { BaggageService, TracerManager } from '../../src/index.js';
import { freePort } from '../support/free-port.js';
import { namedSpans } from '../support/named-spans.js';
import { startApp } from '../support/test-app.js';

/** Works in a span of its own, and tells whose baggage it sees. */
@Injectable()
class Work {
  readonly users: unknown[] = [];

  constructor(
    @Inject(TracerManager) private readonly manager: TracerManager,
    @Inject(BaggageService) private readonly baggage: BaggageService,
  ) {}

  do(name: string): void {
    this.manager.withSpan(name, () => this.users.push(this.baggage.get('user.id')));
  }
}

@Controller()
class FirstController {
  constructor(@Inject(Work) private readonly work: Work) {}

  @EventPattern('shipped')
  shipped(_order: unknown): void {
    this.work.do('first');
  }
}

@Controller()
class SecondController {
  constructor(@Inject(Work) private readonly work: Work) {}

  @EventPattern('shipped')
  shipped(_order: unknown): void {
    this.work.do('second');
  }

  @EventPattern('shipped')
  async again(_order: unknown): Promise<void> {
    await Promise.resolve();
    this.work.do('third');
  }
}

it('each of several handlers of one event is linked to its sender, with its baggage', async () => {
  const tcp = { transport: Transport.TCP as const, options: { port: await freePort(), host: '127.0.0.1' } };
  const started = await startApp({
    telemetry: { baggage: {}, propagation: { baggageHosts: ['127.0.0.1'] } },
    controllers: [FirstController, SecondController],
    providers: [Work, { provide: 'STOCK', useFactory: () => ClientProxyFactory.create(tcp) }],
    setup: async (nest) => {
      nest.connectMicroservice(tcp);
      await nest.startAllMicroservices();
    },
  });
  const { app, recorder } = started;
  const client = app.get<ClientProxy>('STOCK');
  const send = (): Promise<unknown> => lastValueFrom(client.emit('shipped', {}), { defaultValue: undefined });
  await app.get(BaggageService, { strict: false }).with({ 'user.id': 'ada' }, send);
  const { users } = app.get(Work);
  await vi.waitFor(() => expect(users).toHaveLength(3));
  client.close();
  await started.close();
  expect(users).toEqual(['ada', 'ada', 'ada']);
  const linked = namedSpans(recorder.spans()).filter(({ kind }) => kind === 'CONSUMER');
  expect(linked.map(({ links }) => links)).toEqual([1, 2, 3].map(() => ['PRODUCER send shipped']));
  const handlers = recorder.spans().filter(({ kind }) => kind === SpanKind.CONSUMER);
  const work = recorder.spans().filter(({ kind }) => kind === SpanKind.INTERNAL);
  const handlerOf = ({ parentSpanContext }: (typeof work)[number]): unknown =>
    handlers.find((span) => span.spanContext().spanId === parentSpanContext?.spanId)?.attributes[
      'code.function.name'
    ];
  expect(Object.fromEntries(work.map((span) => [span.name, handlerOf(span)]))).toEqual({
    first: 'FirstController.shipped',
    second: 'SecondController.shipped',
    third: 'SecondController.again',
  });
  expect(new Set(handlers.map((span) => span.spanContext().traceId)).size).toBe(3);
});

@Processor('packing')
class Packer extends WorkerHost {
  constructor(@Inject(Work) private readonly work: Work) {
    super();
  }

  process(): Promise<string> {
    return Promise.resolve('packed');
  }

  @OnWorkerEvent('completed')
  completed(_job: unknown): void {
    this.work.do('completed');
  }

  @OnWorkerEvent('drained')
  drained(): void {
    this.work.do('drained');
  }
}

/** A processor as its worker calls it. */
interface PackerParts {
  process(job: object): Promise<unknown>;
  completed(job: object): void;
  drained(): void;
}

it("a worker's events about a job belong to the job's trace, others to none", async () => {
  const started = await startApp({ telemetry: {}, providers: [Work, Packer] });
  const packer = started.app.get<PackerParts>(Packer);
  const job = { id: '1', name: 'pack', queueName: 'packing', opts: {}, attemptsMade: 0 };
  await packer.process(job);
  packer.completed(job);
  packer.drained();
  await started.close();
  expect(namedSpans(started.recorder.spans()).map(({ name, parent }) => [name, parent])).toEqual([
    ['process packing', undefined],
    ['completed', 'CONSUMER process packing'],
    ['drained', undefined],
  ]);
});

@Injectable()
class Ticks {
  @Interval('beat', 20)
  beat(): void {
    throw new RangeError('tick failed');
  }
}

it('a tick that throws is over: the next one does not overlap it', async () => {
  const started = await startApp({ telemetry: {}, imports: [ScheduleModule.forRoot()], providers: [Ticks] });
  await vi.waitFor(() => expect(started.recorder.spans().length).toBeGreaterThan(2));
  await started.close();
  const overlaps = started.recorder.spans().map(({ attributes }) => attributes['schedule.overlap']);
  expect(new Set(overlaps)).toEqual(new Set([undefined]));
});
