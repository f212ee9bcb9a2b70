// What the rows of the fault suite are made of: receivers to break, an app to trace, load, and gauges.
import 'reflect-metadata';
import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { Controller, Get, Module, Param } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';

export { pace } from './pace.mjs';

/** The library as built; another build of it can be named. */
export const { TelemetryModule, TracerManager } = await import(
  process.env.TELEMETRY_DIST ?? '../../dist/index.js'
);

const children = new Set();
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL');
});

/** A collector in a process of its own. `kind`: grpc, http, or blackhole, which accepts and never answers. */
export async function startReceiver(kind) {
  const child = fork(fileURLToPath(new URL('receiver.mjs', import.meta.url)), [kind]);
  children.add(child);
  const pending = new Map();
  let ids = 0;
  child.on('message', ({ id, value, error }) => {
    const entry = pending.get(id);
    pending.delete(id);
    if (error) entry?.reject(new Error(error));
    else entry?.resolve(value);
  });
  await once(child, 'message');
  const call = (command, argument) =>
    new Promise((resolve, reject) => {
      pending.set(++ids, { resolve, reject });
      child.send({ id: ids, command, argument });
    });
  const port = await call('up');
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    exporter: { type: kind === 'http' ? 'otlp-http' : 'otlp-grpc', url: `http://127.0.0.1:${port}` },
    up: () => call('up'),
    down: () => call('down'),
    /** Milliseconds before an answer; -1: none. */
    delay: (millis) => call('delay', millis),
    /** unique and duplicate spans acknowledged, requests, the largest in bytes and in spans. */
    stats: () => call('stats'),
    tenants: () => call('tenants'),
    stop: () => child.kill(),
  };
}

/** A port of this machine on which nothing listens. */
export async function closedPort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A Nest app without HTTP, whose root module is traced. Lines that the library logs are kept. */
export async function startApp(options) {
  class AppModule {}
  Module({ imports: [TelemetryModule.forRoot({ service: { name: 'faults' }, ...options })] })(AppModule);
  const lines = [];
  const keep = (message, context) => {
    if (context === 'TelemetryModule') lines.push(String(message));
  };
  const logger = { log: keep, warn: keep, error: keep, debug() {}, verbose() {}, fatal: keep };
  const app = await NestFactory.createApplicationContext(AppModule, { logger });
  const manager = app.get(TracerManager);
  return {
    app,
    manager,
    lines,
    close: () => app.close(),
    /** Exporter queue's figures. */
    sink: () => manager.status().exporters[0],
    spans: () => manager.status().spans,
  };
}

/**
 * A Nest app with `GET /orders/:id` and what `controllers` add; `options` as the
 * module's, `imports` before it.
 */
export async function startServer(options, controllers = [], logger = false) {
  class OrdersController {
    find(id) {
      return { id };
    }
  }
  Controller('orders')(OrdersController);
  const descriptor = Object.getOwnPropertyDescriptor(OrdersController.prototype, 'find');
  Get(':id')(OrdersController.prototype, 'find', descriptor);
  Param('id')(OrdersController.prototype, 'find', 0);
  class AppModule {}
  Module({
    imports: [TelemetryModule.forRoot({ service: { name: 'faults' }, ...options })],
    controllers: [OrdersController, ...controllers],
  })(AppModule);
  const app = await NestFactory.create(AppModule, { logger });
  // A connection that the server closes while the driver sends on it would look like a failed request.
  app.getHttpServer().keepAliveTimeout = 0;
  await app.listen(0, '127.0.0.1');
  const manager = app.get(TracerManager);
  return {
    app,
    manager,
    url: `http://127.0.0.1:${app.getHttpServer().address().port}`,
    sink: () => manager.status().exporters[0],
    spans: () => manager.status().spans,
    close: () => app.close(),
  };
}

/**
 * Requests at a steady rate from a process of its own, begun when the first is answered; `stop()`
 * waits for the last answer.
 */
export async function startLoad(url, perSecond) {
  const { child, messages, exited, output } = startScript('driver.mjs', [url, String(perSecond)]);
  await waitFor(() => messages.length > 0, 10_000, `a first answer: ${output()}`);
  return async () => {
    child.send('stop');
    await exited;
    return messages.at(-1);
  };
}

const ATTRIBUTES = {
  'http.request.method': 'GET',
  'http.route': '/orders/:id',
  'url.path': '/orders/42',
  'url.scheme': 'http',
  'http.response.status_code': 200,
  'client.address': '127.0.0.1',
};

/** Ends a span as an app's request would leave it. */
export function endSpan(manager, attributes) {
  manager.startSpan('GET /orders/:id', { attributes: { ...ATTRIBUTES, ...attributes } }).end();
}

export const sleep = (millis) => new Promise((resolve) => setTimeout(resolve, millis));

export async function waitFor(condition, limitMillis, what = 'the condition') {
  const deadline = performance.now() + limitMillis;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`${what} did not come true within ${limitMillis} ms`);
    await sleep(5);
  }
}

/** The longest time for which the event loop stood still while `fn` ran, in milliseconds. */
export async function withStall(fn) {
  const histogram = monitorEventLoopDelay({ resolution: 1 });
  await sleep(20);
  histogram.enable();
  await sleep(20);
  histogram.reset();
  const value = await fn();
  await sleep(5);
  histogram.disable();
  return [value, histogram.max / 1e6];
}

/** CPU of this process while `fn` ran, in milliseconds per second. */
export async function withCpu(fn) {
  const begun = performance.now();
  const before = process.cpuUsage();
  await fn();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / (performance.now() - begun);
}

export function memory() {
  globalThis.gc?.();
  const { heapUsed, external, arrayBuffers, rss } = process.memoryUsage();
  return {
    heap: heapUsed / 2 ** 20,
    held: (heapUsed + external) / 2 ** 20,
    buffers: arrayBuffers / 2 ** 20,
    rss: rss / 2 ** 20,
  };
}

export function droppedOf({ dropped }) {
  return Object.values(dropped).reduce((sum, spans) => sum + spans, 0);
}

/** Throws unless `ended = delivered + dropped + queued`. */
export function assertIdentity({ ended, delivered, dropped, queuedSpans, queued = queuedSpans }) {
  const sum = delivered + droppedOf({ dropped }) + queued;
  if (ended !== sum) throw new Error(`${ended} ended, but ${sum} accounted for`);
}

export function assert(condition, message) {
  if (!condition) throw new Error(message);
}

/** Starts a script of this folder as an app of its own; `messages` are what it sends. */
export function startScript(name, args = [], { env = {} } = {}) {
  const child = spawn(process.execPath, [fileURLToPath(new URL(name, import.meta.url)), ...args], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: { ...process.env, ...env },
  });
  children.add(child);
  const messages = [];
  let output = '';
  child.on('message', (message) => messages.push(message));
  child.stdout.on('data', (chunk) => (output += chunk));
  child.stderr.on('data', (chunk) => (output += chunk));
  const exited = once(child, 'exit').then(([code, signal]) => ({ code, signal, at: performance.now() }));
  return { child, messages, exited, output: () => output };
}
