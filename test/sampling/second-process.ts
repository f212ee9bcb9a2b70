// A further process: continues the traces that it is told of, by a sampler of its own, and says
// what it would have exported.
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TelemetryModule, TracerManager } from '../../src/index.js';
import { SpanRecorder } from '../../src/testing/index.js';

const recorder = new SpanRecorder();
class AppModule {}
Module({
  imports: [TelemetryModule.forRoot({ service: { name: 'second' }, exporter: recorder, sampler: 0.5 })],
})(AppModule);

const app = await NestFactory.createApplicationContext(AppModule, { logger: false });
const manager = app.get(TracerManager, { strict: false });

process.on('message', (carriers: Record<string, unknown>[]) => {
  for (const carrier of carriers) {
    manager.extract(carrier, () => {
      manager.withSpan('remote', () => {});
    });
  }
  process.send?.(
    recorder.spans().map((span) => [span.spanContext().traceId, span.parentSpanContext?.spanId]),
    () => {
      process.disconnect();
    },
  );
});
process.send?.('ready');
