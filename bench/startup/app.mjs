/*
 * One start in one process: imports Nest, then the library unless `bare`, then starts an app and answers a
 * request. Prints milliseconds and bytes as JSON.
 */
import 'reflect-metadata';
import { performance } from 'node:perf_hooks';

const now = () => {
  const { user, system } = process.cpuUsage();
  return { time: performance.now(), cpu: (user + system) / 1000 };
};
const bare = process.argv[2] === 'bare';
const started = now();
const { NestFactory } = await import('@nestjs/core');
const { Controller, Get, Module } = await import('@nestjs/common');
await import('@nestjs/platform-express');
const nestImported = now();
const library = bare ? undefined : await import('nestjs-telemetry');
const imported = now();

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
const answered = now();
const rss = process.memoryUsage.rss();
const figuresBy = (clock) => ({
  nestImport: nestImported[clock] - started[clock],
  libraryImport: imported[clock] - nestImported[clock],
  untilAnswer: answered[clock] - started[clock],
});
const figures = { time: figuresBy('time'), cpu: figuresBy('cpu'), rss };
await app.close();
console.log(JSON.stringify(figures));
