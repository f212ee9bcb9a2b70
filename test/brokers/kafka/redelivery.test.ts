import { Kafka, type Admin, type KafkaConfig } from 'kafkajs';
import {
  KafkaRetriableException,
  type ClientKafka,
  type KafkaContext,
  type MicroserviceOptions,
} from '@nestjs/microservices';
import { lastValueFrom } from 'rxjs';
import { afterAll, expect, it, vi } from 'vitest';
import { BROKER } from '../broker.js';
import { WorkingApp } from '../working-app.js';

const LIMIT = { timeout: 30_000 };
const CONFIG: KafkaConfig = {
  brokers: [`127.0.0.1:${BROKER.port}`],
  logLevel: 0,
  retry: { initialRetryTime: 100 },
};

interface Scenario {
  readonly run?: object;
  /** Ids of the messages, which are sent at once. */
  readonly messages?: readonly number[];
  readonly handle: (attempt: number, context: KafkaContext) => unknown;
  /** Id of each delivery. */
  readonly story: readonly number[];
  /** Offset that the group has committed in the end; `-1` where there is none. */
  readonly committed: string;
  /** Whether the first server closes after its first delivery, and another one of its group begins. */
  readonly replaced?: boolean;
  /** Deliveries whose handler fails. */
  readonly failures?: number;
}

const SCENARIOS: Readonly<Record<string, Scenario>> = {
  'a handled message is committed': { handle: () => undefined, story: [1], committed: '1' },
  'a message whose handler throws comes again': {
    handle: (attempt) => {
      if (attempt === 1) throw new RangeError('broken');
    },
    story: [1, 1],
    committed: '1',
    failures: 1,
  },
  'a batch is handled in order': {
    messages: [1, 2, 3],
    handle: () => undefined,
    story: [1, 2, 3],
    committed: '3',
  },
  'without automatic commits the next consumer of the group gets it again': {
    run: { autoCommit: false },
    handle: () => undefined,
    story: [1, 1],
    committed: '-1',
    replaced: true,
  },
  'what the handler commits by itself does not come again': {
    run: { autoCommit: false },
    handle: async (_attempt, context) => {
      const { offset } = context.getMessage();
      const [topic, partition] = [context.getTopic(), context.getPartition()];
      await context.getConsumer().commitOffsets([{ topic, partition, offset: String(Number(offset) + 1) }]);
    },
    story: [1],
    committed: '1',
  },
};

let topics = 0;
const admins: Admin[] = [];

afterAll(async () => {
  for (const admin of admins) await admin.disconnect();
});

async function connectedAdmin(): Promise<Admin> {
  const [known] = admins;
  if (known !== undefined) return known;
  const admin = new Kafka(CONFIG).admin();
  await admin.connect();
  admins.push(admin);
  return admin;
}

async function start(telemetry: boolean, run: object = {}) {
  const topic = `redelivery-${Date.now().toString(36)}-${(topics += 1)}`;
  const admin = await connectedAdmin();
  await admin.createTopics({
    topics: ['work', 'ask', 'ask.reply'].map((name) => ({ topic: `${topic}.${name}` })),
  });
  const consumer = { groupId: topic };
  const own = { client: CONFIG, consumer, run, subscribe: { fromBeginning: true } };
  const options = { ...BROKER.transport, options: own } as MicroserviceOptions;
  const app = await WorkingApp.start(telemetry, options, topic);
  return { app, topic, admin, client: app.client as unknown as ClientKafka };
}

async function play(telemetry: boolean, { run, messages = [1], ...scenario }: Scenario) {
  const { app, topic, admin, client } = await start(telemetry, run);
  const story: number[] = [];
  const work = async (data: unknown, context: unknown): Promise<void> => {
    story.push((data as { id: number }).id);
    await scenario.handle(story.length, context as KafkaContext);
  };
  let close = await app.serve(work);
  await client.connect();
  const batch = { messages: messages.map((id) => ({ id })) };
  await lastValueFrom(
    batch.messages.length === 1
      ? client.emit(`${topic}.work`, batch.messages[0])
      : client.emitBatch(`${topic}.work`, batch),
    { defaultValue: undefined },
  );
  if (scenario.replaced === true) {
    await vi.waitFor(() => expect(story).toHaveLength(1), LIMIT);
    await close();
    close = await app.serve(work);
  }
  await vi.waitFor(() => expect(story).toHaveLength(scenario.story.length), LIMIT);
  // Closing waits for the handlers at work, and commits what they have done.
  await close();
  const groupId = `${topic}-server`;
  const [found] = await admin.fetchOffsets({ groupId, topics: [`${topic}.work`] });
  return { story, committed: found?.partitions[0]?.offset, spans: await app.spans() };
}

it.each(Object.entries(SCENARIOS))(
  '%s, with and without telemetry',
  async (_name, scenario) => {
    const bare = await play(false, scenario);
    const traced = await play(true, scenario);
    const { story, committed, messages = [], failures = 0 } = scenario;
    expect([bare.story, bare.committed]).toEqual([story, committed]);
    expect([traced.story, traced.committed]).toEqual([story, committed]);
    const consumers = traced.spans.filter(({ kind }) => kind === 'CONSUMER');
    expect(consumers).toHaveLength(story.length);
    expect(consumers.filter(({ status }) => status.code === 'ERROR')).toHaveLength(failures);
    for (const { links } of consumers)
      expect(links).toEqual([expect.stringMatching(/^PRODUCER send .*\.work$/)]);
    const [producer] = traced.spans.filter(({ kind }) => kind === 'PRODUCER');
    expect(producer?.attributes['messaging.batch.message_count']).toBe(
      messages.length > 1 ? messages.length : undefined,
    );
  },
  90_000,
);

it('a request whose handler asks for a retry is answered once, with a span for each attempt', async () => {
  const outcomes: unknown[] = [];
  for (const telemetry of [false, true]) {
    const { app, topic, client } = await start(telemetry);
    let attempts = 0;
    const close = await app.serve(() => {
      attempts += 1;
      if (attempts === 1) throw new KafkaRetriableException('not yet');
      return { done: attempts };
    });
    await client.connect();
    const answer = await lastValueFrom(client.send(`${topic}.ask`, { id: 1 }));
    await close();
    outcomes.push([answer, attempts]);
    const servers = (await app.spans()).filter(({ kind }) => kind === 'SERVER');
    expect(servers.map(({ parent, status }) => [parent, status.code])).toEqual(
      telemetry
        ? [
            [`CLIENT ${topic}.ask`, 'ERROR'],
            [`CLIENT ${topic}.ask`, 'UNSET'],
          ]
        : [],
    );
  }
  expect(outcomes).toEqual([
    [{ done: 2 }, 2],
    [{ done: 2 }, 2],
  ]);
}, 90_000);
