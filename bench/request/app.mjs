// The application under measurement: a controller that calls two service methods. Decorators are applied by
// hand, so that Node runs it without a build.
import 'reflect-metadata';
import { Controller, Get, Injectable, Module, Param } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';

/**
 * @param {object} [options]
 * @param {unknown[]} [options.imports] modules that the root module imports
 * @param {(prototype: object, method: string) => void} [options.instrument] called for both service methods
 * @param {(app: import('@nestjs/common').INestApplication) => void} [options.prepare]
 *   called before the app listens
 * @returns {Promise<import('@nestjs/common').INestApplication>} an app that listens on a free
 *   port of the loopback address
 */
export async function startApp({ imports = [], instrument, prepare } = {}) {
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

  class OrdersModule {}
  Module({ controllers: [OrdersController], providers: [OrdersService] })(OrdersModule);

  class AppModule {}
  Module({ imports: [...imports, OrdersModule] })(AppModule);

  const app = await NestFactory.create(AppModule, { logger: ['error', 'warn'] });
  prepare?.(app);
  await app.listen(0, '127.0.0.1');
  return app;
}

/** Applies a method decorator as the compiler would. */
export function decorate(decorator, prototype, method) {
  const descriptor = Object.getOwnPropertyDescriptor(prototype, method);
  Object.defineProperty(prototype, method, decorator(prototype, method, descriptor) ?? descriptor);
}
