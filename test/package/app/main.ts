import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { adapter } from './adapter.js';
import { AppModule } from './app.module.js';
import { makeCalls } from './calls.js';
import { assertSeen } from './sdk.js';

async function main(): Promise<void> {
  const app = await NestFactory.create(AppModule, adapter, { logger: ['error', 'warn'] });
  await app.listen(0, '127.0.0.1');
  const response = await fetch(`${await app.getUrl()}/hello/42`);
  const body = await response.text();
  await makeCalls(app);
  await app.close();
  if (body !== 'hello 42') throw new Error(`Expected "hello 42", got ${response.status}: ${body}`);
  assertSeen();
}

void main();
