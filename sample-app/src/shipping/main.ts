import 'reflect-metadata';
import type { AddressInfo, Server } from 'node:net';
import { NestFactory } from '@nestjs/core';
import { Transport, type MicroserviceOptions } from '@nestjs/microservices';
import { ShippingModule } from './shipping.module.js';

// The second process: the app forks it, hears its port, and ends it.
const app = await NestFactory.createMicroservice<MicroserviceOptions>(ShippingModule, {
  transport: Transport.TCP,
  options: { host: '127.0.0.1', port: 0 },
  logger: ['warn', 'error'],
});
await app.listen();
process.once('disconnect', () => void app.close());
process.send?.((app.unwrap<Server>().address() as AddressInfo).port);
