/*
 * An app with what the sample app lacks: tenants, statements in requests, and work that fails in workflows,
 * models, jobs and calls.
 *
 *   REDIS_URL=redis://… POSTGRES_URL=postgres://… node shop.mjs      prints its address
 */
import 'reflect-metadata';
import { BullModule, getQueueToken, Processor, WorkerHost } from '@nestjs/bullmq';
import { Controller, Get, Inject, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TelemetryModule } from 'nestjs-telemetry';
import { GenAiModule, GenAiTracer } from 'nestjs-telemetry/genai';
import { WorkflowTracer } from 'nestjs-telemetry/workflow';
import pg from 'pg';

const { hostname: host, port } = new URL(process.env.REDIS_URL);
const connection = { host, port: Number(port) };
const database = new pg.Pool({ connectionString: process.env.POSTGRES_URL });

function injecting(type, ...tokens) {
  tokens.forEach((token, index) => Inject(token)(type, undefined, index));
  return type;
}

class ShopController {
  constructor(workflows, models, queue) {
    this.workflows = workflows;
    this.models = models;
    this.queue = queue;
  }

  async work() {
    await database.query('SELECT 42');
    await database.query('SELECT nothing FROM nowhere').catch(() => undefined);
    await fetch(`${await app.getUrl()}/missing`);
    await this.queue.add('pack', {});
    await this.restock().catch(() => undefined);
  }

  restock() {
    return this.workflows.withPipelineSpan('restock', () =>
      this.workflows.withStageSpan('choose', async () => {
        const model = { provider: 'openai', model: 'gpt-4o' };
        this.models.withChat(model, (call) => {
          call.setUsage({ inputTokens: 100, outputTokens: 20, costUsd: 0.01 });
        });
        this.models.withChat(model, () => {
          throw new Error('overloaded');
        });
      }),
    );
  }
}
Get('work')(
  ShopController.prototype,
  'work',
  Object.getOwnPropertyDescriptor(ShopController.prototype, 'work'),
);
Controller()(injecting(ShopController, WorkflowTracer, GenAiTracer, getQueueToken('packing')));

class Packer extends WorkerHost {
  process() {
    return Promise.reject(new Error('dropped'));
  }
}
Processor('packing')(Packer);

class AppModule {}
Module({
  imports: [
    TelemetryModule.forRoot({
      service: { name: 'shop' },
      tenants: { resolve: (request) => request.headers['x-tenant'], config: () => ({}) },
      metrics: { tenants: true },
    }),
    GenAiModule,
    BullModule.forRoot({ connection }),
    BullModule.registerQueue({ name: 'packing' }),
  ],
  controllers: [ShopController],
  providers: [Packer],
})(AppModule);

const app = await NestFactory.create(AppModule, { logger: ['error'] });
app.enableShutdownHooks();
await app.listen(0, '127.0.0.1');
console.log(await app.getUrl());
