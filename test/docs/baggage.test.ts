import {
  Controller,
  Get,
  Inject,
  Module,
  type DynamicModule,
  type Provider,
  type Type,
} from '@nestjs/common';
import { BaggageService } from 'nestjs-telemetry';
import { recordSpans, TelemetryTestingModule } from 'nestjs-telemetry/testing';
import { describe, expect, it, vi } from 'vitest';
import { run } from './running-app.js';

@Controller()
class WhoController {
  constructor(@Inject(BaggageService) readonly baggage: BaggageService) {}

  @Get('chat/who')
  who(): unknown {
    return this.baggage.getAll();
  }
}

function appOf(
  telemetry: DynamicModule,
  controllers: Type[] = [WhoController],
  providers: Provider[] = [],
): Type {
  class AppModule {}
  Module({ imports: [telemetry], controllers, providers })(AppModule);
  return AppModule;
}

async function ask(
  url: string,
  headers: Record<string, string> = {},
): Promise<{ status: number; body: any }> {
  const response = await fetch(url, { headers });
  const text = await response.text();
  return { status: response.status, body: text.startsWith('{') ? JSON.parse(text) : text };
}

describe('docs/baggage.md', () => {
  it('shows options that work together', async () => {
    const { telemetry } = await import('./examples/baggage/options.js');
    const app = await run(appOf(telemetry));
    expect((await ask(`${app.url}/chat/who`)).status).toBe(400);
    const headers = { 'x-user-id': 'ada', 'x-request-id': 'r-1', baggage: 'app.plan=gold,foreign=1' };
    expect((await ask(`${app.url}/chat/who`, headers)).body).toEqual({
      'user.id': 'ada',
      'request.id': 'r-1',
      'app.plan': 'gold',
      'app.client': 'unknown',
      'app.user.intent': 'chat',
    });
  });

  it('shows how to trust some', async () => {
    const { telemetry } = await import('./examples/baggage/trust.js');
    const app = await run(appOf(telemetry));
    expect((await ask(`${app.url}/chat/who`, { 'x-user-id': 'mallory' })).body).toEqual({});
  });

  it('shows the service, and the guard behind another', async () => {
    const { Orders } = await import('./examples/baggage/service.js');
    const { AccountController } = await import('./examples/baggage/guard.js');
    const app = await run(appOf(TelemetryTestingModule.forRoot(), [AccountController], [Orders]));
    expect((await ask(`${app.url}/account`, { 'x-user-id': 'ada' })).body).toBe('ada');
    expect(app.get(Orders).import()).toBe('for nobody');
  });

  it('shows a job that goes through a queue', async () => {
    const { queue, Shipping } = await import('./examples/baggage/queue.js');
    const app = await run(appOf(TelemetryTestingModule.forRoot(), [], [Shipping]));
    const spans = await recordSpans(app);
    const shipping = app.get(Shipping);
    await app
      .get(BaggageService)
      .with({ 'user.id': 'ada' }, () => app.manager.withSpan('order', () => shipping.enqueue('7')));
    expect(queue.jobs.map((job) => shipping.work(job))).toEqual(['7 for ada']);
    expect(spans.span('ship').parentSpanContext?.spanId).toBe(spans.span('order').spanContext().spanId);
  });

  it('shows hosts that are accepted', async () => {
    const { telemetry } = await import('./examples/baggage/hosts.js');
    const app = await run(appOf(telemetry));
    expect(Object.keys(app.manager.withSpan('job', () => app.manager.inject({})))).toEqual([
      'traceparent',
      'b3',
    ]);
  });
});

describe('docs/instrumentations.md', () => {
  it('shows instrumentations that can be named together, and a call without any', async () => {
    const { AppModule } = await import('./examples/instrumentations/modules.js');
    const original = globalThis.fetch;
    await run(AppModule);
    const { Stock } = await import('./examples/instrumentations/by-hand.js');
    const app = await run(appOf(TelemetryTestingModule.forRoot(), [], [Stock]));
    const sent = vi.spyOn(globalThis, 'fetch').mockResolvedValue(new Response('7'));
    await app.get(Stock).level('tea');
    expect(sent.mock.calls[0]?.[1]?.headers).toHaveProperty('traceparent');
    sent.mockRestore();
    expect(globalThis.fetch).toBe(original);
  });
});

describe('docs/logging.md', () => {
  it('shows loggers that begin', async () => {
    const { pinoLogger, winstonLogger } = await import('./examples/logging/others.js');
    expect([typeof pinoLogger.info, typeof winstonLogger.info]).toEqual(['function', 'function']);
    const { bootstrap } = await import('./examples/logging/nest.js');
    expect(bootstrap).toBeInstanceOf(Function);
  });
});
