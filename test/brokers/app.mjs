/*
 * One of the two processes of `run.mjs`: a shop that sends messages, or the warehouse that handles them and
 * calls the shop back. Prints its port, then its spans as JSON when its input ends.
 *
 *   node app.mjs shop|warehouse '<options of the transport as JSON>'
 */
import 'reflect-metadata';
import { createInterface } from 'node:readline';
import { Controller, Get, Inject, Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ClientsModule, EventPattern, MessagePattern } from '@nestjs/microservices';
import { TelemetryModule, TracerManager } from 'nestjs-telemetry';
import { lastValueFrom } from 'rxjs';

const [role, given] = process.argv.slice(2);
const { callback, queue, ...transport } = JSON.parse(given);

function decorate(type, method, ...decorators) {
  const descriptor = Object.getOwnPropertyDescriptor(type.prototype, method);
  for (const decorator of decorators.reverse()) decorator(type.prototype, method, descriptor);
}

function injecting(type, ...tokens) {
  tokens.forEach((token, index) => Inject(token)(type, undefined, index));
  return type;
}

const telemetry = TelemetryModule.forRoot({
  service: { name: role },
  exporter: { type: 'memory' },
  metrics: false,
});

class WarehouseController {
  constructor(tracing) {
    this.tracing = tracing;
  }

  sum(numbers) {
    return numbers.reduce((a, b) => a + b, 0);
  }

  async shipped(order) {
    await this.callBack(order);
  }

  async callBack({ id }) {
    await fetch(`${callback}/done/${id}`, { headers: this.tracing.inject({}) });
  }
}
decorate(WarehouseController, 'sum', MessagePattern('sum'));
decorate(WarehouseController, 'shipped', EventPattern('shipped'));
Controller()(injecting(WarehouseController, TracerManager));

class ShopController {
  constructor(client, queued) {
    this.client = client;
    this.queued = queued;
  }

  /** Kafka answers on topics that have to be subscribed to. */
  async onModuleInit() {
    this.client.subscribeToResponseOf?.('sum');
    await this.client.connect();
  }

  sum() {
    return lastValueFrom(this.client.send('sum', [1, 2, 3]));
  }

  async ship() {
    await lastValueFrom(this.client.emit('shipped', { id: 7 }), { defaultValue: undefined });
  }

  async job() {
    await this.queued.add('pack', { id: 8 }, { attempts: 2, backoff: 10 });
  }

  done() {
    return 'noted';
  }
}
decorate(ShopController, 'sum', Get('sum'));
decorate(ShopController, 'ship', Get('ship'));
decorate(ShopController, 'job', Get('job'));
decorate(ShopController, 'done', Get('done/:id'));
Controller()(injecting(ShopController, 'WAREHOUSE', 'QUEUE'));

async function bullmq() {
  const { BullModule, getQueueToken, Processor, WorkerHost } = await import('@nestjs/bullmq');
  class Packer extends WorkerHost {
    constructor(warehouse) {
      super();
      this.warehouse = warehouse;
    }

    async process(job) {
      if (job.attemptsMade === 0) throw new Error('dropped');
      await this.warehouse.callBack(job.data);
    }
  }
  Processor('packing')(Packer);
  Injectable()(injecting(Packer, WarehouseController));
  return {
    imports: [BullModule.forRoot({ connection: queue }), BullModule.registerQueue({ name: 'packing' })],
    shop: { provide: 'QUEUE', useExisting: getQueueToken('packing') },
    warehouse: [WarehouseController, Packer],
  };
}

const jobs =
  queue === undefined
    ? { imports: [], shop: { provide: 'QUEUE', useValue: {} }, warehouse: [] }
    : await bullmq();

class AppModule {}
const isShop = role === 'shop';
Module({
  imports: [
    telemetry,
    ...jobs.imports,
    ...(isShop ? [ClientsModule.register([{ name: 'WAREHOUSE', ...transport }])] : []),
  ],
  controllers: [isShop ? ShopController : WarehouseController],
  providers: isShop ? [jobs.shop] : jobs.warehouse,
})(AppModule);

const app = await NestFactory.create(AppModule, { logger: ['error'] });
if (!isShop) {
  app.connectMicroservice(transport);
  await app.startAllMicroservices();
}
await app.listen(0, '127.0.0.1');
console.log(JSON.stringify({ port: app.getHttpServer().address().port }));

function shapeOf(span) {
  const { traceId, spanId } = span.spanContext();
  const { name, kind, parentSpanContext, links, status, attributes } = span;
  const shape = { service: role, name, kind, traceId, spanId, status: status.code, attributes };
  return { ...shape, parent: parentSpanContext?.spanId, links: links.map(({ context }) => context.spanId) };
}

const manager = app.get(TracerManager, { strict: false });
const questions = createInterface(process.stdin);
questions.on('line', () => console.log(JSON.stringify({ spans: manager.finishedSpans().map(shapeOf) })));
questions.on('close', async () => {
  await app.close();
  process.exit();
});
