// One variant in a process of its own: a Nest / Express app, and requests that are handed to its server
// without a network, so that nothing is measured but the way of a request through the app.
import 'reflect-metadata';
import { createRequire } from 'node:module';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { prepareVariant } from './variants.mjs';

const { variant, requests, routes } = JSON.parse(process.argv[2]);
const { imports, flush } = await prepareVariant(variant);

// After the instrumentation, which patches what is loaded next.
const http = createRequire(import.meta.url)('http');
const { Duplex } = await import('node:stream');
const { Controller, Get, HttpException, Module, Param } = await import('@nestjs/common');
const { NestFactory } = await import('@nestjs/core');

class OrdersController {
  one(id) {
    if (id === 'none') throw new HttpException('no such order', 404);
    return { id, items: [{ sku: 'a-1', quantity: 2 }] };
  }
}
for (let route = 0; route < routes; route++) {
  const name = `one${route}`;
  OrdersController.prototype[name] = { [name]: (id) => OrdersController.prototype.one(id) }[name];
  Get(`orders${route}/:id`)(OrdersController.prototype, name, descriptorOf(name));
  Param('id')(OrdersController.prototype, name, 0);
}
Controller()(OrdersController);
class AppModule {}
Module({ imports, controllers: [OrdersController] })(AppModule);

function descriptorOf(name) {
  return Object.getOwnPropertyDescriptor(OrdersController.prototype, name);
}

const app = await NestFactory.create(AppModule, { logger: ['error', 'warn'] });
await app.init();
const server = app.getHttpServer();

class Connection extends Duplex {
  remoteAddress = '127.0.0.1';
  _read() {}
  _write(_chunk, _encoding, done) {
    done();
  }
}

function request(url) {
  return new Promise((resolve) => {
    const socket = new Connection();
    const incoming = new http.IncomingMessage(socket);
    Object.assign(incoming, {
      method: 'GET',
      url,
      httpVersion: '1.1',
      httpVersionMajor: 1,
      httpVersionMinor: 1,
    });
    incoming.headers = { host: '127.0.0.1:3000', 'user-agent': 'nestjs-telemetry-bench', accept: '*/*' };
    incoming.rawHeaders = Object.entries(incoming.headers).flat();
    incoming.push(null);
    const response = new http.ServerResponse(incoming);
    response.assignSocket(socket);
    response.on('finish', () => {
      response.detachSocket(socket);
      response.emit('close');
      resolve();
    });
    server.emit('request', incoming, response);
  });
}

async function run(count) {
  for (let index = 0; index < count; index++) {
    await request(`/orders${index % routes}/${index % 4 === 3 && routes > 1 ? 'none' : index}`);
  }
}

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc');

const answers = {
  cpu: async () => {
    const before = process.cpuUsage();
    await run(requests);
    // What a reader has to do later is part of the price.
    await flush();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / requests;
  },
  heap: async () => {
    await run(requests);
    await flush();
    for (let round = 0; round < 3; round++) {
      await new Promise((resolve) => setImmediate(resolve));
      collectGarbage();
    }
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  },
};

if (process.send === undefined) {
  await run(requests);
  await flush();
  process.exit();
}
process.on('message', async ({ id, ask }) => {
  try {
    process.send({ id, answer: await answers[ask]() });
  } catch (error) {
    process.send({ id, error: String(error?.stack ?? error) });
  }
});
process.on('disconnect', () => process.exit());
