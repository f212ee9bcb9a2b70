/*
 * 10,000 jobs with retries and delays, 50 repetitions, and a queue and a worker of BullMQ's own that Nest does not know:
 * every span once, every trace bounded, and nothing left that keeps the process alive.
 *
 *   node many-jobs.mjs <port of Redis>
 */
import 'reflect-metadata';
import assert from 'node:assert/strict';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { BullModule, getQueueToken, Processor, WorkerHost } from '@nestjs/bullmq';
import { Queue, Worker } from 'bullmq';
import { bullmqTelemetry } from 'nestjs-telemetry/bullmq';
import { TelemetryModule, TracerManager } from 'nestjs-telemetry';

const JOBS = 10_000;
const FAILING = JOBS / 10;
const REPEATS = 50;
const OWN = 200;
const LIMIT_MILLIS = 240_000;
const CONSUMER = 4;
const connection = { host: '127.0.0.1', port: Number(process.argv[2]), maxRetriesPerRequest: null };

const spans = [];
const exporter = {
  export(batch, done) {
    spans.push(...batch);
    done({ code: 0 });
  },
  shutdown: () => Promise.resolve(),
};

let packed = 0;
let repeated = 0;

class Packer extends WorkerHost {
  async process({ name, data, attemptsMade }) {
    if (name === 'repeat') repeated += 1;
    else if (data.fails && attemptsMade === 0) throw new Error('dropped');
    else packed += 1;
  }
}
Processor('packing', { concurrency: 100 })(Packer);

class AppModule {}
Module({
  imports: [
    TelemetryModule.forRoot({
      service: { name: 'jobs' },
      exporter,
      metrics: false,
      clients: false,
    }),
    BullModule.forRoot({ connection }),
    BullModule.registerQueue({ name: 'packing' }),
  ],
  providers: [Packer],
})(AppModule);

async function until(condition, what) {
  const end = Date.now() + LIMIT_MILLIS;
  while (!condition()) {
    assert.ok(Date.now() < end, `${what} took too long: ${packed} packed, ${repeated} repeated`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** What keeps the process alive, apart from its output. */
const left = () =>
  process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap' || name === 'Timeout');

const app = await NestFactory.createApplicationContext(AppModule, { logger: ['error'] });
const manager = app.get(TracerManager, { strict: false });
const queue = app.get(getQueueToken('packing'), { strict: false });

for (let first = 0; first < JOBS; first += 100) {
  const jobs = Array.from({ length: 100 }, (_, index) => ({
    name: 'pack',
    data: { id: first + index, fails: index % 10 === 0 },
    opts: { attempts: 3, backoff: 10, ...(index % 5 === 1 ? { delay: index } : {}), removeOnComplete: true },
  }));
  await manager.withSpan('order', () => queue.addBulk(jobs));
}
await queue.upsertJobScheduler('every', { every: 20 }, { name: 'repeat', data: {} });
await until(() => packed === JOBS && repeated >= REPEATS, 'the jobs');
await queue.removeJobScheduler('every');

const telemetry = bullmqTelemetry(manager);
const own = new Queue('own', { connection, telemetry });
let done = 0;
const worker = new Worker('own', async () => void (done += 1), { connection, telemetry });
for (let job = 0; job < OWN; job += 1) await manager.withSpan('order', () => own.add('print', {}));
await until(() => done === OWN, 'the jobs outside of Nest');
await worker.close();
await own.close();
const { ended, delivered, queued, dropped } = (await manager.forceFlush(), manager.status().spans);
await app.close();
await until(() => left().length === 0, 'the end of timers and connections');

assert.deepEqual([ended, queued, dropped], [delivered, 0, {}], 'every span is delivered');
assert.equal(new Set(spans.map((span) => span.spanContext().spanId)).size, spans.length, 'each span once');
const traces = new Map();
for (const span of spans) {
  const { traceId } = span.spanContext();
  traces.set(traceId, (traces.get(traceId) ?? 0) + 1);
}
const named = (name) => spans.filter((span) => span.name === name);
const attempts = named('process packing');
assert.equal(attempts.length, JOBS + FAILING + repeated, 'a span for each attempt');
assert.equal(attempts.filter(({ status }) => status.code === 2).length, FAILING, 'failed attempts');
assert.equal(named('send packing').length, JOBS / 100 + 1);
assert.equal(named('process own').length, OWN);
for (const { name, kind, links, parentSpanContext } of spans) {
  if (kind === CONSUMER) assert.deepEqual([links.length, parentSpanContext], [1, undefined], name);
}
assert.ok(Math.max(...traces.values()) <= 5, `traces of ${Math.max(...traces.values())} spans`);
console.log(`redis: ${JOBS} jobs, ${attempts.length} attempts, ${traces.size} traces: ok`);
