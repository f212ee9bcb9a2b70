// A Nest app that ends so many spans a second, in traces of five, and says what that does to the event loop and the heap.
import 'reflect-metadata';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TelemetryModule, TracerManager } from 'nestjs-telemetry';
import { answerParent } from '../answers.mjs';

const { name, enabled, exporter, url, spansPerSecond, maxExportBatchSize } = JSON.parse(process.argv[2]);
const SPANS_PER_TRACE = 5;
setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc');

class AppModule {}
Module({
  imports: [
    TelemetryModule.forRoot({
      enabled,
      service: { name: 'flood' },
      exporter: { type: exporter, url, headers: { 'x-variant': name } },
      batch: { maxExportBatchSize },
      metrics: false,
    }),
  ],
})(AppModule);
const app = await NestFactory.createApplicationContext(AppModule, { logger: ['error', 'warn'] });
const manager = app.get(TracerManager);

function trace(number) {
  manager.withSpan('GET /orders/:id', { kind: 1, attributes: { 'http.route': '/orders/:id' } }, (root) => {
    root.setAttribute('order.id', number);
    for (let child = 1; child < SPANS_PER_TRACE; child++) {
      const attributes = { 'db.system.name': 'postgresql', 'db.operation.name': 'SELECT', 'db.row': child };
      manager.withSpan('SELECT orders', { kind: 2, attributes }, () => undefined);
    }
  });
}

/** As many traces in each turn of the event loop as time has passed, so that a late turn makes up for it. */
async function flood(seconds, onSecond = () => {}) {
  const began = performance.now();
  const total = (seconds * spansPerSecond) / SPANS_PER_TRACE;
  let made = 0;
  let second = 0;
  while (made < total) {
    const passed = (performance.now() - began) / 1000;
    const due = Math.min(total, (passed * spansPerSecond) / SPANS_PER_TRACE);
    while (made < due) trace(made++);
    if (passed > second + 1) onSecond(++second);
    await setTimeout(1);
  }
  return { spans: total * SPANS_PER_TRACE, seconds: (performance.now() - began) / 1000 };
}

/** Buffers are given back some time after the collection that found them: asked until nothing more goes. */
async function heapMegabytes() {
  for (let before = Infinity; ;) {
    collectGarbage();
    await setTimeout(100);
    collectGarbage();
    const { heapUsed, external } = process.memoryUsage();
    const now = (heapUsed + external) / 1e6;
    if (now > before - 0.1) return now;
    before = now;
  }
}

async function run({ warmup, seconds }) {
  await flood(warmup);
  await manager.forceFlush();
  const heap = [await heapMegabytes()];
  const rss = [];
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const cpu = process.cpuUsage();
  delay.enable();
  let [queued, inFlight] = [0, 0];
  const flooded = await flood(seconds, () => {
    rss.push(process.memoryUsage.rss() / 1e6);
    const [exporter] = manager.status().exporters ?? [];
    queued = Math.max(queued, exporter?.queuedSpans ?? 0);
    inFlight = Math.max(inFlight, exporter?.inFlightSpans ?? 0);
  });
  delay.disable();
  const { user, system } = process.cpuUsage(cpu);
  await manager.forceFlush();
  heap.push(await heapMegabytes());
  return {
    ...flooded,
    warmed: warmup * spansPerSecond,
    dropped: dropped(),
    queued,
    inFlight,
    delayMillis: [50, 99, 99.9].map((percentile) => delay.percentile(percentile) / 1e6),
    maxDelayMillis: delay.max / 1e6,
    heap,
    rss: [rss[Math.floor(rss.length / 3)], rss.at(-1)],
    cores: (user + system) / 1e6 / flooded.seconds,
  };
}

function dropped() {
  return (manager.status().exporters ?? [])
    .flatMap((exporter) => Object.values(exporter.dropped))
    .reduce((sum, count) => sum + count, 0);
}

answerParent({ ready: async () => {}, run });
