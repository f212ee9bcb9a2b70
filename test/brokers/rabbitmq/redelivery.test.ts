import { connect } from 'amqplib';
import { RpcException, type MicroserviceOptions, type RmqContext } from '@nestjs/microservices';
import { lastValueFrom } from 'rxjs';
import { expect, it, vi } from 'vitest';
import { BROKER } from '../broker.js';
import { WorkingApp } from '../working-app.js';

const URL = `amqp://127.0.0.1:${BROKER.port}`;
const LIMIT = { timeout: 20_000 };

/** The channel and the message of a delivery. */
interface Delivery {
  readonly id: number;
  readonly again: boolean;
  ack(): void;
  nack(requeue: boolean): void;
}

interface Scenario {
  readonly options?: object;
  /** Ids of the messages that are sent. */
  readonly messages?: readonly number[];
  readonly pattern?: string;
  readonly handle: (delivery: Delivery, story: readonly string[]) => unknown;
  /** Deliveries, each first or again. */
  readonly story: readonly string[];
  /** Messages in the queue when all consumers are gone. */
  readonly left: number;
  /** Whether the first consumer closes after its first delivery, and another one begins. */
  readonly replaced?: boolean;
}

const SCENARIOS: Readonly<Record<string, Scenario>> = {
  'an acknowledged message is delivered once': {
    handle: ({ ack }) => ack(),
    story: ['1 first'],
    left: 0,
  },
  'a refused message comes again, as redelivered': {
    handle: ({ again, ack, nack }) => (again ? ack() : nack(true)),
    story: ['1 first', '1 again'],
    left: 0,
  },
  'a refused message without requeue is gone': {
    handle: ({ nack }) => nack(false),
    story: ['1 first'],
    left: 0,
  },
  'a message that nobody acknowledges goes back to the queue': {
    handle: () => undefined,
    story: ['1 first'],
    left: 1,
  },
  'a message whose handler throws goes back to the queue': {
    handle: () => Promise.reject(new RangeError('broken')),
    story: ['1 first'],
    left: 1,
  },
  'with `noAck` a message whose handler throws is gone': {
    options: { noAck: true },
    handle: () => Promise.reject(new RangeError('broken')),
    story: ['1 first'],
    left: 0,
  },
  'a consumer that dies leaves its message to the next one': {
    handle: ({ again, ack }) => {
      if (again) ack();
    },
    story: ['1 first', '1 again'],
    left: 0,
    replaced: true,
  },
  'a message without a handler is gone': {
    pattern: 'unknown',
    handle: () => undefined,
    story: [],
    left: 0,
  },
  'a quorum queue counts deliveries': {
    options: { queueOptions: { durable: true, arguments: { 'x-queue-type': 'quorum' } } },
    handle: ({ ack, nack }, story) => (story.length < 3 ? nack(true) : ack()),
    story: ['1 first', '1 again', '1 again'],
    left: 0,
  },
};

let queues = 0;

function optionsOf(more: object = {}): { queue: string; options: MicroserviceOptions } {
  const queue = `redelivery-${Date.now().toString(36)}-${(queues += 1)}`;
  const own = { urls: [URL], queue, noAck: false, queueOptions: { durable: true }, ...more };
  return { queue, options: { ...BROKER.transport, options: own } as MicroserviceOptions };
}

function deliveryOf(data: unknown, context: RmqContext): Delivery {
  const channel = context.getChannelRef() as {
    ack(message: unknown): void;
    nack(message: unknown, all: boolean, requeue: boolean): void;
  };
  const message = context.getMessage() as { fields: { redelivered: boolean } };
  return {
    id: (data as { id: number }).id,
    again: message.fields.redelivered,
    ack: () => channel.ack(message),
    nack: (requeue) => channel.nack(message, false, requeue),
  };
}

/** Messages that are ready in a queue. */
async function depthOf(queue: string): Promise<number> {
  const connection = await connect(URL);
  const channel = await connection.createChannel();
  const { messageCount } = await channel.checkQueue(queue);
  await connection.close();
  return messageCount;
}

async function play(telemetry: boolean, scenario: Scenario) {
  const { queue, options } = optionsOf(scenario.options);
  const app = await WorkingApp.start(telemetry, options, queue);
  const story: string[] = [];
  const work = (data: unknown, context: unknown): unknown => {
    const delivery = deliveryOf(data, context as RmqContext);
    story.push(`${delivery.id} ${delivery.again ? 'again' : 'first'}`);
    return scenario.handle(delivery, story);
  };
  let close = await app.serve(work);
  for (const id of scenario.messages ?? [1])
    await lastValueFrom(app.client.emit(`${queue}.${scenario.pattern ?? 'work'}`, { id }), {
      defaultValue: undefined,
    });
  if (scenario.replaced === true) {
    await vi.waitFor(() => expect(story).toHaveLength(1), LIMIT);
    await close();
    close = await app.serve(work);
  }
  await vi.waitFor(() => expect(story).toHaveLength(scenario.story.length), LIMIT);
  if (scenario.left === 0) await vi.waitFor(async () => expect(await depthOf(queue)).toBe(0), LIMIT);
  await close();
  await vi.waitFor(async () => expect(await depthOf(queue)).toBe(scenario.left), LIMIT);
  return { story, spans: await app.spans() };
}

it.each(Object.entries(SCENARIOS))('%s, with and without telemetry', async (_name, scenario) => {
  const bare = await play(false, scenario);
  const traced = await play(true, scenario);
  expect(bare.story).toEqual(scenario.story);
  expect(traced.story).toEqual(scenario.story);
  const consumers = traced.spans.filter(({ name }) => name.endsWith('.work') && name.startsWith('process'));
  expect(consumers.map(({ attributes }) => attributes['nestjs.message.redelivered'] ?? false)).toEqual(
    scenario.story.map((line) => line.endsWith('again')),
  );
  for (const { links } of consumers)
    expect(links).toEqual([expect.stringMatching(/^PRODUCER send .*\.work$/)]);
});

it('shows how often a quorum queue has delivered a message', async () => {
  const { spans } = await play(true, SCENARIOS['a quorum queue counts deliveries']!);
  const counts = spans.map(({ attributes }) => attributes['nestjs.message.delivery_count']);
  expect(counts.filter((count) => count !== undefined)).toEqual([2, 3]);
});

it('`prefetchCount` bounds the messages at work as without telemetry', async () => {
  for (const telemetry of [false, true]) {
    const { queue, options } = optionsOf({ prefetchCount: 2 });
    const app = await WorkingApp.start(telemetry, options, queue);
    const waiting: (() => void)[] = [];
    let most = 0;
    let done = 0;
    const close = await app.serve(async (data, context) => {
      const delivery = deliveryOf(data, context as RmqContext);
      await new Promise<void>((resolve) => {
        waiting.push(resolve);
        most = Math.max(most, waiting.length);
      });
      delivery.ack();
      done += 1;
    });
    for (let id = 1; id <= 5; id += 1)
      await lastValueFrom(app.client.emit(`${queue}.work`, { id }), { defaultValue: undefined });
    await vi.waitFor(() => expect(waiting).toHaveLength(2), LIMIT);
    await vi.waitFor(async () => expect(await depthOf(queue)).toBe(3), LIMIT);
    while (done < 5) {
      waiting.shift()?.();
      await new Promise((resolve) => setImmediate(resolve));
    }
    await close();
    expect(most).toBe(2);
    expect(await depthOf(queue)).toBe(0);
  }
});

it('answers once where a request is acknowledged or refused, as without telemetry', async () => {
  const answers: unknown[] = [];
  for (const telemetry of [false, true]) {
    const { queue, options } = optionsOf();
    const app = await WorkingApp.start(telemetry, options, queue);
    const close = await app.serve((data, context) => {
      const delivery = deliveryOf(data, context as RmqContext);
      delivery.ack();
      if (delivery.id === 2) throw new RpcException({ code: 'NO_STOCK', message: 'out of stock' });
      return `done ${delivery.id}`;
    });
    const asked = (id: number): Promise<unknown> =>
      lastValueFrom(app.client.send(`${queue}.ask`, { id })).catch((error: unknown) => error);
    answers.push([await asked(1), await asked(2)]);
    await close();
    expect(await depthOf(queue)).toBe(0);
  }
  expect(answers[0]).toEqual(['done 1', { code: 'NO_STOCK', message: 'out of stock' }]);
  expect(answers[1]).toEqual(answers[0]);
});
