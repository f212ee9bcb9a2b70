// The application under measurement: a controller that calls two service methods, and one that streams
// events. Decorators are applied by hand, so that Node runs it without a build.
import 'reflect-metadata';
import { Controller, Get, Injectable, Module, Param, Sse } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Observable } from 'rxjs';

/**
 * @param {object} [options]
 * @param {unknown[]} [options.imports] modules that the root module imports
 * @param {(prototype: object, method: string) => void} [options.instrument] called for both service methods
 * @param {(app: import('@nestjs/common').INestApplication) => void} [options.prepare]
 *   called before the app listens
 * @param {'express' | 'fastify'} [options.framework]
 * @param {import('@nestjs/common').NestApplicationOptions} [options.nestOptions]
 * @returns {Promise<import('@nestjs/common').INestApplication>} an app that listens on a free
 *   port of the loopback address
 */
export async function startApp({
  imports = [],
  instrument,
  prepare,
  framework = 'express',
  nestOptions,
} = {}) {
  class OrdersService {
    async find(id) {
      return { id, items: [{ sku: 'a-1', quantity: 2 }] };
    }

    async price(order) {
      return order.items.reduce((total, item) => total + item.quantity * 4.2, 0);
    }
  }
  instrument?.(OrdersService.prototype, 'find');
  instrument?.(OrdersService.prototype, 'price');
  Injectable()(OrdersService);

  class OrdersController {
    constructor(orders) {
      this.orders = orders;
    }

    async findOne(id) {
      const order = await this.orders.find(id);
      return { ...order, total: await this.orders.price(order) };
    }
  }
  Reflect.defineMetadata('design:paramtypes', [OrdersService], OrdersController);
  Param('id')(OrdersController.prototype, 'findOne', 0);
  decorate(Get(':id'), OrdersController.prototype, 'findOne');
  Controller('orders')(OrdersController);

  class FeedController {
    events(count) {
      return feed(Number(count));
    }
  }
  Param('count')(FeedController.prototype, 'events', 0);
  decorate(Sse(':count'), FeedController.prototype, 'events');
  Controller('feed')(FeedController);

  class OrdersModule {}
  Module({ controllers: [OrdersController, FeedController], providers: [OrdersService] })(OrdersModule);

  class AppModule {}
  Module({ imports: [...imports, OrdersModule] })(AppModule);

  const options = { logger: ['error', 'warn'], ...nestOptions };
  const app =
    framework === 'fastify'
      ? await NestFactory.create(AppModule, await fastifyAdapter(), options)
      : await NestFactory.create(AppModule, options);
  prepare?.(app);
  await app.listen(0, '127.0.0.1');
  return app;
}

async function fastifyAdapter() {
  const { FastifyAdapter } = await import('@nestjs/platform-fastify');
  return new FastifyAdapter();
}

/** Emits one event per turn of the event loop, as a model's tokens or a queue's messages arrive. */
export function feed(count) {
  return new Observable((subscriber) => {
    let sent = 0;
    let timer;
    const emit = () => {
      subscriber.next({ data: { sequence: sent++, text: 'a token or two of an answer' } });
      if (sent === count) subscriber.complete();
      else timer = setImmediate(emit);
    };
    timer = setImmediate(emit);
    return () => clearImmediate(timer);
  });
}

/** Applies a method decorator as the compiler would. */
export function decorate(decorator, prototype, method) {
  const descriptor = Object.getOwnPropertyDescriptor(prototype, method);
  Object.defineProperty(prototype, method, decorator(prototype, method, descriptor) ?? descriptor);
}
