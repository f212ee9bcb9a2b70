import { Controller, Get, Injectable, Module } from '@nestjs/common';
import { NestFactory, type AbstractHttpAdapter } from '@nestjs/core';
import type { Tracer } from '@opentelemetry/api';
import { expect, it } from 'vitest';
import {
  InjectTracer,
  Span,
  TelemetryAdminModule,
  TelemetryMetricsModule,
  TelemetryModule,
  type TelemetryModuleOptions,
} from '../../src/index.js';
import { LogRecorder } from '../support/log-recorder.js';
import { EXPRESS, FASTIFY } from '../support/server-kinds.js';

@Injectable()
class Orders {
  constructor(@InjectTracer('orders') readonly tracer: Tracer) {}

  @Span()
  find(): void {}
}

@Controller()
class OrdersController {
  @Get('orders')
  list(): string {
    return '';
  }
}

class Allowed {
  canActivate(): boolean {
    return true;
  }
}

const OPTIONS: TelemetryModuleOptions = { service: { name: 'shop' }, exporter: { type: 'console' } };

it.each([
  ['forRoot', EXPRESS, TelemetryModule.forRoot(OPTIONS)],
  ['forRootAsync', FASTIFY, TelemetryModule.forRootAsync({ useFactory: () => OPTIONS })],
])('an app in preview mode gets no line of the library: %s', async (_name, server, telemetry) => {
  class App {}
  Module({
    imports: [
      telemetry,
      TelemetryMetricsModule.register(),
      TelemetryAdminModule.register({ guards: [Allowed] }),
    ],
    providers: [Orders],
    controllers: [OrdersController],
  })(App);
  class Bare {}
  Module({})(Bare);
  const warnings: string[][] = [];
  for (const root of [App, Bare]) {
    const logger = new LogRecorder();
    const app = await NestFactory.create(root, server.adapter() as AbstractHttpAdapter, {
      preview: true,
      abortOnError: false,
      logger,
    });
    await app.init();
    await app.close();
    warnings.push([...logger.lines('warn'), ...logger.lines('error')]);
  }
  expect(warnings[0]).toEqual(warnings[1]);
  expect(warnings[0]?.join()).toContain('PREVIEW');
});
