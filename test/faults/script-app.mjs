// An app of its own for rows that end its process: spans at a steady rate until it is told to stop,
// with the count over IPC.
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { endSpan, pace, TelemetryModule, TracerManager } from './lab.mjs';

const options = JSON.parse(process.argv[2]);

class AppModule {}
Module({ imports: [TelemetryModule.forRoot({ service: { name: 'faults' }, ...options.telemetry })] })(
  AppModule,
);
const app = await NestFactory.create(AppModule, { logger: false });
app.enableShutdownHooks();
await app.listen(0, '127.0.0.1');
const manager = app.get(TracerManager);
const load = pace(options.rate, (count) => {
  endSpan(manager);
  if (count % 50 === 0) process.send({ ended: count + 1, queued: manager.status().spans.queued });
});
// Nothing but the app itself keeps the process alive.
load.unref();
process.channel.unref();
process.send({ ready: true });
