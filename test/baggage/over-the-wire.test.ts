import { fork, type ChildProcess } from 'node:child_process';
import { on, once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { send } from '../support/http-client.js';
import { OtlpReceiver } from '../support/otlp-receiver.js';

const HOOKS = new URL('../pipeline/exporters/typescript-hooks.mjs', import.meta.url).href;
const SCRIPT = fileURLToPath(new URL('wire-service.ts', import.meta.url));

/** A message of a child that has this property. */
async function message(child: ChildProcess, property: string): Promise<any> {
  const exited = once(child, 'exit').then(([code]) => {
    throw new Error(`The service exited with ${code}.`);
  });
  const waiting = (async () => {
    for await (const [received] of on(child, 'message')) {
      if (property in received) return received[property];
    }
  })();
  return Promise.race([waiting, exited]);
}

class Service {
  constructor(
    readonly child: ChildProcess,
    readonly urls: Readonly<Record<string, string>>,
  ) {}

  static async start(...args: string[]): Promise<Service> {
    const { NODE_OPTIONS: _, ...env } = process.env;
    const child = fork(SCRIPT, args, { execArgv: ['--import', HOOKS], env });
    return new Service(child, await message(child, 'urls'));
  }

  async stop(): Promise<void> {
    const exited = once(this.child, 'exit');
    this.child.disconnect();
    await exited;
  }
}

const ENTRIES = { 'user.id': 'élise, 50 %', 'session.id': 's-9' };
let receiver: OtlpReceiver;
let back: Service;
let front: Service;

beforeAll(async () => {
  receiver = await OtlpReceiver.start();
  [back, front] = await Promise.all([
    Service.start('back', receiver.httpUrl),
    Service.start('front', receiver.httpUrl),
  ]);
  front.child.send({ next: back.urls });
}, 120_000);

afterAll(async () => {
  await Promise.all([front.stop(), back.stop(), receiver.stop()]);
}, 30_000);

describe.each(['express', 'fastify', 'h2c'])('%s', (kind) => {
  it('a header sent to one service is baggage in the next, and an attribute on all spans of both, also through a queue', async () => {
    receiver.clear();
    const queue = message(front.child, 'enqueue');
    const headers = {
      'x-user-id': Buffer.from(ENTRIES['user.id']).toString('latin1'),
      'x-session-id': 's-9',
    };
    const { body } = await send(front.urls[kind]!, kind === 'h2c', { path: '/start', headers });
    const entries = { ...ENTRIES, 'user.id': headers['x-user-id'] };
    expect(JSON.parse(body)).toEqual({ here: entries, there: entries });

    const done = message(back.child, 'done');
    const job = await queue;
    expect(Object.keys(job.properties).sort()).toEqual(['baggage', 'traceparent']);
    back.child.send({ job });
    expect(await done).toEqual(entries);

    const expected = [
      'back GET /next SERVER',
      'back consume INTERNAL',
      'back work INTERNAL',
      'back work INTERNAL',
      'front GET /start SERVER',
      'front GET CLIENT',
      'front work INTERNAL',
    ];
    await receiver.waitForCount(expected.length);
    const { spans } = receiver;
    expect(
      spans.map((span) => `${String(span.resource['service.name'])} ${span.name} ${span.kind}`).sort(),
    ).toEqual(expected);
    for (const { attributes } of spans) expect(attributes).toMatchObject(entries);
    expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1);

    const named = (service: string, name: string): (typeof spans)[number] =>
      spans.find((span) => span.resource['service.name'] === service && span.name === name)!;
    const serving = named('front', 'GET /start');
    // Over HTTP/2 the headers are written by hand, and stay.
    const calling = kind === 'h2c' ? serving : named('front', 'GET');
    expect(named('back', 'GET /next').parentSpanId).toBe(calling.spanId);
    expect(named('back', 'consume').parentSpanId).toBe(serving.spanId);
  });
});
