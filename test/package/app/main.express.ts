import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module.js';

async function main(): Promise<void> {
  const app = await NestFactory.create(AppModule, { logger: ['error', 'warn'] });
  await app.listen(0, '127.0.0.1');
  const response = await fetch(`${await app.getUrl()}/hello/42`);
  const body = await response.text();
  await app.close();
  if (body !== 'hello 42') throw new Error(`Expected "hello 42", got ${response.status}: ${body}`);
}

void main();
