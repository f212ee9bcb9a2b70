// A Nest / Express app on a port, traced and exporting nowhere, with or without devtools. Answers `cpu` with
// the CPU time per request of the app, and `flood` with what 5,000 spans a second do to it.
import 'reflect-metadata';
import { once } from 'node:events';
import { get } from 'node:http';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TelemetryModule, TracerManager } from 'nestjs-telemetry';

const { devtools, requests, seconds } = JSON.parse(process.argv[2]);
const TOKEN = 'token-of-the-benchmark';
const SPANS_PER_SECOND = 5000;

class OrdersController {
  one() {
    return { id: 42, items: [{ sku: 'a-1', quantity: 2 }] };
  }
}
Get('orders/:id')(
  OrdersController.prototype,
  'one',
  Object.getOwnPropertyDescriptor(OrdersController.prototype, 'one'),
);
Controller()(OrdersController);
class AppModule {}
Module({
  imports: [
    TelemetryModule.forRoot({
      service: { name: 'bench' },
      exporter: { type: 'none' },
      devtools: devtools && { token: TOKEN },
    }),
  ],
  controllers: [OrdersController],
})(AppModule);

const printed = [];
const write = process.stdout.write.bind(process.stdout);
process.stdout.write = (text, ...rest) => {
  printed.push(String(text));
  return write(text, ...rest);
};
const app = await NestFactory.create(AppModule, { logger: ['error', 'warn'] });
await app.listen(0, '127.0.0.1');
const url = await app.getUrl();
const page = /^Devtools: (http:\/\/[^/]+)/m.exec(printed.join(''))?.[1];

function request() {
  return new Promise((resolve, reject) => {
    get(`${url}/orders/42`, (response) => response.resume().on('end', resolve)).on('error', reject);
  });
}

async function cpu() {
  const before = process.cpuUsage();
  for (let count = 0; count < requests; count += 10) await Promise.all(Array.from({ length: 10 }, request));
  const { user, system } = process.cpuUsage(before);
  return (user + system) / requests;
}

/** Traces of five spans, while the page is asked for its list every second. */
async function flood() {
  const manager = app.get(TracerManager);
  const delay = monitorEventLoopDelay({ resolution: 10 });
  delay.enable();
  globalThis.gc();
  const heapBefore = process.memoryUsage().heapUsed;
  const heaps = [];
  const answers = [];
  for (let second = 0; second < seconds; second++) {
    const begun = performance.now();
    for (let tick = 0; tick < 100; tick++) {
      for (let trace = 0; trace < SPANS_PER_SECOND / 500; trace++) {
        manager.withSpan('job', { attributes: { 'job.id': trace } }, () => {
          for (let child = 0; child < 4; child++) manager.withSpan(`step ${child}`, () => child);
        });
      }
      const due = begun + (tick + 1) * 10;
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - performance.now())));
    }
    const asked = performance.now();
    const headers = { authorization: `Bearer ${TOKEN}` };
    await (await fetch(`${page}/api/traces?limit=200`, { headers })).json();
    answers.push(performance.now() - asked);
    globalThis.gc();
    heaps.push(process.memoryUsage().heapUsed);
  }
  delay.disable();
  const middle = heaps.toSorted((a, b) => a - b)[Math.floor(heaps.length / 2)];
  return {
    heapMiB: { before: heapBefore / 2 ** 20, median: middle / 2 ** 20, last: heaps.at(-1) / 2 ** 20 },
    loopP99Millis: delay.percentile(99) / 1e6,
    listMillis: answers.toSorted((a, b) => a - b)[Math.floor(answers.length / 2)],
    spans: manager.status().spans,
  };
}

process.on('message', async ({ id, ask }) => {
  try {
    process.send({ id, answer: await (ask === 'cpu' ? cpu() : flood()) });
  } catch (error) {
    process.send({ id, error: error.stack });
  }
});
process.on('disconnect', () => void app.close());
await once(process, 'disconnect');
