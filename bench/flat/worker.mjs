// One size of the app in a process of its own, with this library or without. Requests are handed to its server without a
// network; so many are in the app at once, all waiting in their handlers, as the size says.
import 'reflect-metadata';
import { Controller, Get, Module, Param } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { answerParent } from '../answers.mjs';
import { handOver } from '../instructions/connection.mjs';
import { decorate } from '../request/app.mjs';

const { name, library, routes, instances, tenants, inFlight, receiverUrl } = JSON.parse(process.argv[2]);
const { TelemetryModule, TracerManager } = library ? await import('nestjs-telemetry') : {};

/** Holds requests back until as many have arrived as are to be in flight. */
let waiting = [];
function arrival() {
  return new Promise((resolve) => {
    waiting.push(resolve);
    if (waiting.length < inFlight) return;
    for (const leave of waiting) leave();
    waiting = [];
  });
}

function telemetry(module) {
  return TelemetryModule.forRoot({
    service: { name: `module-${module}` },
    exporter: { type: 'otlp-grpc', url: receiverUrl, headers: { 'x-variant': name } },
    metrics: false,
    ...(tenants > 0
      ? {
          tenants: {
            resolve: ({ headers }) => headers['x-tenant'],
            config: (tenant) => ({ resourceAttributes: { 'tenant.id': tenant } }),
            maxActive: tenants,
          },
        }
      : {}),
  });
}

function featureModule(number) {
  class OrdersController {}
  for (let route = 0; route < routes; route++) {
    const method = `one${route}`;
    OrdersController.prototype[method] = async (id) => {
      await arrival();
      return { id, items: [{ sku: 'a-1', quantity: 2 }] };
    };
    Param('id')(OrdersController.prototype, method, 0);
    decorate(Get(`route${route}/:id`), OrdersController.prototype, method);
  }
  Controller(`module${number}`)(OrdersController);
  class FeatureModule {}
  Module({ imports: library ? [telemetry(number)] : [], controllers: [OrdersController] })(FeatureModule);
  return FeatureModule;
}

class AppModule {}
Module({ imports: Array.from({ length: instances }, (_, number) => featureModule(number)) })(AppModule);
const app = await NestFactory.create(AppModule, { logger: ['error', 'warn'] });
await app.init();
const server = app.getHttpServer();
const managers = library ? app.get(TracerManager, { strict: false, each: true }) : [];

let sent = 0;
async function requests(count) {
  for (let done = 0; done < count; done += inFlight) {
    await Promise.all(
      Array.from({ length: inFlight }, () => {
        const number = sent++;
        return handOver(server, `/module${number % instances}/route${number % routes}/${number}`, {
          host: '127.0.0.1:3000',
          'user-agent': 'nestjs-telemetry-bench',
          'x-tenant': `tenant-${number % Math.max(tenants, 1)}`,
        });
      }),
    );
  }
  await Promise.all(managers.map((manager) => manager.forceFlush()));
}

answerParent({
  ready: async () => {},
  burst: async (count) => {
    const before = process.cpuUsage();
    await requests(count);
    const { user, system } = process.cpuUsage(before);
    return (user + system) / count;
  },
});
