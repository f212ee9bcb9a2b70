import 'reflect-metadata';
import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Span, TelemetryModule, TracerManager } from 'nestjs-telemetry';
import { serviceClass } from '../service.mjs';

export async function start({ receiverUrl, ratio, name, enabled = true, instance = true }) {
  const Service = serviceClass(() => Span());
  if (!instance) return { service: new Service(), inRoot: (fn) => fn(), flush: async () => {} };
  Injectable()(Service);
  class AppModule {}
  Module({
    imports: [
      TelemetryModule.forRoot({
        enabled,
        service: { name: 'pricing' },
        sampler: ratio,
        exporter: { type: 'otlp-grpc', url: receiverUrl, headers: { 'x-variant': name } },
      }),
    ],
    providers: [Service],
  })(AppModule);
  const app = await NestFactory.createApplicationContext(AppModule, { logger: ['error', 'warn'] });
  const manager = app.get(TracerManager, { strict: false });
  return {
    service: app.get(Service),
    // Nothing has a root span where telemetry is off.
    inRoot: enabled ? (fn) => manager.withSpan('root', fn) : (fn) => fn(),
    flush: () => manager.forceFlush(),
  };
}
