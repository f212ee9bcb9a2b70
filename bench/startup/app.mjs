/*
 * One start in one process: imports Nest, then the library unless `bare`, then starts an app and answers a
 * request. Prints milliseconds and bytes as JSON.
 */
import 'reflect-metadata';
import { performance } from 'node:perf_hooks';

const bare = process.argv[2] === 'bare';
const started = performance.now();
const { NestFactory } = await import('@nestjs/core');
const { Controller, Get, Module } = await import('@nestjs/common');
await import('@nestjs/platform-express');
const nestImported = performance.now();
const library = bare ? undefined : await import('nestjs-telemetry');
const imported = performance.now();

class HelloController {
  hello() {
    return 'hello';
  }
}
Get()(
  HelloController.prototype,
  'hello',
  Object.getOwnPropertyDescriptor(HelloController.prototype, 'hello'),
);
Controller('hello')(HelloController);

class AppModule {}
Module({
  controllers: [HelloController],
  imports: library
    ? [
        library.TelemetryModule.forRoot({
          service: { name: 'x' },
          exporter: { type: 'otlp-http', url: process.argv[3] },
        }),
      ]
    : [],
})(AppModule);

const app = await NestFactory.create(AppModule, { logger: false });
await app.listen(0, '127.0.0.1');
const response = await fetch(`http://127.0.0.1:${app.getHttpServer().address().port}/hello`);
await response.text();
const answered = performance.now();
const rss = process.memoryUsage.rss();
const figures = {
  nestImport: nestImported - started,
  libraryImport: imported - nestImported,
  untilAnswer: answered - started,
  rss,
};
await app.close();
console.log(JSON.stringify(figures));
