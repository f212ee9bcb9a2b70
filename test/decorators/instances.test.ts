import { Controller, Get, Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { expect, it, onTestFinished } from 'vitest';
import { Span, TelemetryModule } from '../../src/index.js';
import { SpanRecorder } from '../../src/testing/index.js';
import { startApp } from '../support/test-app.js';

@Injectable()
class Ledger {
  @Span()
  book(): string {
    return 'booked';
  }
}

/** A module with its own instance, or none, and its own `Ledger`. */
function moduleWith(recorder: SpanRecorder | undefined, name: string): { module: object; token: symbol } {
  const token = Symbol(name);
  class FeatureModule {}
  const imports =
    recorder === undefined ? [] : [TelemetryModule.forRoot({ service: { name }, exporter: recorder })];
  const providers = [Ledger, { provide: token, useExisting: Ledger }];
  Module({ imports, providers, exports: [token] })(FeatureModule);
  return { module: FeatureModule, token };
}

it('puts each span into the instance of the module that registers the class, in and outside of requests', async () => {
  const [orders, billing] = [new SpanRecorder(), new SpanRecorder()];
  const features = {
    orders: moduleWith(orders, 'orders'),
    billing: moduleWith(billing, 'billing'),
    uncovered: moduleWith(undefined, 'uncovered'),
  };

  @Controller()
  class AppController {
    @Get()
    get(): string {
      for (const { token } of Object.values(features)) app.app.get<Ledger>(token, { strict: false }).book();
      return 'ok';
    }
  }
  const app = await startApp({
    imports: Object.values(features).map(({ module }) => module as never),
    controllers: [AppController],
    telemetry: { isGlobal: false, service: { name: 'root' } },
  });

  for (const { token } of Object.values(features)) app.app.get<Ledger>(token, { strict: false }).book();
  const names = (recorder: SpanRecorder): string[] => recorder.spans().map(({ name }) => name);
  expect([names(orders), names(billing), names(app.recorder)]).toEqual([
    ['Ledger.book'],
    ['Ledger.book'],
    ['Ledger.book'],
  ]);

  await app.get('/');
  const server = await app.recorder.waitFor('GET /');
  for (const recorder of [orders, billing, app.recorder]) {
    const [, inRequest] = recorder.spans();
    expect([inRequest?.name, inRequest?.parentSpanContext?.spanId]).toEqual([
      'Ledger.book',
      server.spanContext().spanId,
    ]);
  }
});

it('keeps two apps of one class apart', async () => {
  const apps = await Promise.all(
    ['first', 'second'].map(async (name) => {
      const recorder = new SpanRecorder();
      const { module, token } = moduleWith(recorder, name);
      class AppModule {}
      Module({ imports: [module as never] })(AppModule);
      const app = await NestFactory.createApplicationContext(AppModule, { logger: false });
      onTestFinished(() => app.close());
      return { ledger: app.get<Ledger>(token, { strict: false }), recorder };
    }),
  );
  apps[0]!.ledger.book();
  expect(apps.map(({ recorder }) => recorder.spans().length)).toEqual([1, 0]);
});

it('takes the names and attributes of a forFeature module', async () => {
  class ShopModule {}
  Module({
    imports: [TelemetryModule.forFeature({ tracer: 'shop', attributes: { team: 'a' } })],
    providers: [Ledger],
  })(ShopModule);
  const { app, recorder } = await startApp({ imports: [ShopModule] });
  app.get(Ledger, { strict: false }).book();
  const [span] = recorder.spans();
  expect([span?.instrumentationScope.name, span?.attributes]).toEqual(['shop', { team: 'a' }]);
});
