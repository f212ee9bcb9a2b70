// An SSE application in a process of its own, with this library or without. Answers its parent with its
// port, CPU time and heap.
import 'reflect-metadata';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Controller, Module, Param, Sse } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { NEVER } from 'rxjs';
import { decorate, feed } from '../request/app.mjs';

const { tracing, name, framework, receiverUrl } = JSON.parse(process.argv[2]);
// Development adds an event to the span for every tenth event of the stream.
process.env.NODE_ENV = 'production';
setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc');

let open = 0;

class FeedController {
  finite(count) {
    return feed(Number(count));
  }

  idle() {
    open++;
    return NEVER;
  }
}
Param('count')(FeedController.prototype, 'finite', 0);
decorate(Sse('finite/:count'), FeedController.prototype, 'finite');
decorate(Sse('idle'), FeedController.prototype, 'idle');
Controller('feed')(FeedController);

const imports = [];
let flush = async () => {};
if (tracing === 'library') {
  const { TelemetryModule, TracerManager } = await import('nestjs-telemetry');
  imports.push(
    TelemetryModule.forRoot({
      service: { name: 'feed' },
      metrics: false,
      exporter: { type: 'otlp-grpc', url: receiverUrl, headers: { 'x-variant': name } },
    }),
  );
  flush = () => app.get(TracerManager, { strict: false }).forceFlush();
}
class AppModule {}
Module({ imports, controllers: [FeedController] })(AppModule);

const app =
  framework === 'fastify'
    ? await NestFactory.create(AppModule, new FastifyAdapter(), { logger: ['error', 'warn'] })
    : await NestFactory.create(AppModule, { logger: ['error', 'warn'] });
if (tracing === 'storage') {
  // What any tracer pays on Node 20 to know which request a line of code works for.
  const { AsyncLocalStorage } = await import('node:async_hooks');
  const storage = new AsyncLocalStorage();
  const server = app.getHttpServer();
  const emit = server.emit.bind(server);
  server.emit = (event, ...args) =>
    event === 'request' ? storage.run({}, () => emit(event, ...args)) : emit(event, ...args);
}
await app.listen(0, '127.0.0.1');
const { port } = app.getHttpServer().address();

const answers = {
  port: () => port,
  open: () => open,
  // What a burst leaves in a queue is part of its price.
  flush: () => flush(),
  cpuMicros: () => {
    const { user, system } = process.cpuUsage();
    return user + system;
  },
  heapUsed: async () => {
    for (let turn = 0; turn < 5; turn++) {
      collectGarbage();
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return process.memoryUsage().heapUsed;
  },
};

process.on('message', async ({ id, ask }) => {
  try {
    process.send({ id, answer: await answers[ask]() });
  } catch (error) {
    process.send({ id, error: String(error?.stack ?? error) });
  }
});
process.on('disconnect', () => process.exit());
