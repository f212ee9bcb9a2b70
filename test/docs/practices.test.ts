import { readFileSync } from 'node:fs';
import { Controller, Get, Module } from '@nestjs/common';
import { SpanStatusCode } from '@opentelemetry/api';
import { MeterManager, TelemetryModule } from 'nestjs-telemetry';
import { recordSpans } from 'nestjs-telemetry/testing';
import { expect, it } from 'vitest';
import { run, setVariables } from './running-app.js';

it('an expected error gets its type and no error status', async () => {
  const { AppModule, OutOfStock } = await import('./examples/practices/errors.js');
  const app = await run(AppModule);
  const spans = await recordSpans(app);
  const { manager } = app;
  for (const error of [new OutOfStock('no teapots'), new TypeError('broken')]) {
    expect(() =>
      manager.withSpan(error.message, () => {
        throw error;
      }),
    ).toThrow(error);
  }
  expect(spans.span('no teapots')).toMatchObject({
    status: { code: SpanStatusCode.UNSET },
    attributes: { 'error.type': 'OutOfStock', 'error.category': 'stock' },
  });
  expect(spans.span('broken')).toMatchObject({
    status: { code: SpanStatusCode.ERROR },
    attributes: { 'error.type': 'TypeError' },
  });
});

it('each environment has its share of traces', async () => {
  const { AppModule } = await import('./examples/practices/environments.js');
  const shares = [];
  for (const environment of ['production', 'staging', 'development']) {
    setVariables({ APP_ENV: environment });
    const { manager } = await run(AppModule);
    shares.push(manager.config().sampler);
  }
  expect(shares).toEqual([0.1, 0.5, 1]);
});

it('the alert rules ask for metrics that exist', async () => {
  @Controller('orders')
  class OrdersController {
    @Get()
    find(): never {
      throw new Error('broken');
    }
  }
  @Module({
    imports: [
      TelemetryModule.forRoot({
        service: { name: 'shop' },
        exporter: { type: 'memory' },
        metrics: { readers: { type: 'prometheus' } },
      }),
    ],
    controllers: [OrdersController],
  })
  class AppModule {}

  const { url, get, manager } = await run(AppModule);
  await fetch(`${url}/orders`);
  await manager.forceFlush();
  const page = await get(MeterManager).scrape();

  const rules = /```yaml\n([\s\S]*?)```/.exec(readFileSync('docs/practices.md', 'utf8'))?.[1] ?? '';
  const asked = [...new Set([...rules.matchAll(/\b(http_server|otel_sdk)_\w+/g)].map(([name]) => name))];
  expect(asked.length).toBeGreaterThan(2);
  expect(asked.filter((name) => !page.includes(`\n${name}{`))).toEqual([]);
  for (const label of ['http_route', 'http_response_status_code']) expect(page).toContain(`${label}="`);
});
