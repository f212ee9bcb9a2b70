import { Controller, Get, Inject, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { HealthCheckService, TerminusModule } from '@nestjs/terminus';
import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  TelemetryHealthIndicator,
  TelemetryModule,
  TracerManager,
  type TelemetryModuleOptions,
} from '../../src/index.js';
import { GrpcReceiver } from '../pipeline/support/otlp-receiver.js';

@Controller('health')
class HealthController {
  constructor(
    @Inject(HealthCheckService) private readonly health: HealthCheckService,
    @Inject(TelemetryHealthIndicator) private readonly telemetry: TelemetryHealthIndicator,
  ) {}

  @Get()
  check(): Promise<unknown> {
    return this.health.check([() => this.telemetry.check()]);
  }
}

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** An app with a health endpoint; gives its answer and its manager. */
async function start(
  options: TelemetryModuleOptions,
): Promise<{ health: () => Promise<any>; manager: TracerManager }> {
  @Module({
    imports: [
      TerminusModule.forRoot({ logger: false }),
      TelemetryModule.forRoot({ http: false, ...options }),
    ],
    controllers: [HealthController],
  })
  class AppModule {}
  const app = await NestFactory.create(AppModule, { logger: false });
  await app.listen(0, '127.0.0.1');
  cleanups.push(() => app.close());
  const url = `${await app.getUrl()}/health`;
  const health = async (): Promise<any> => {
    const response = await fetch(url);
    const { status: overall, details } = (await response.json()) as any;
    return { code: response.status, overall, ...details.telemetry };
  };
  return { health, manager: app.get(TracerManager) };
}

const service = { name: 'orders' };

async function receiver(): Promise<GrpcReceiver> {
  const started = await new GrpcReceiver().start();
  cleanups.push(() => started.stop());
  return started;
}

describe('TelemetryHealthIndicator', () => {
  it('is up while spans arrive', async () => {
    const { url } = await receiver();
    const { health, manager } = await start({ service, exporter: { type: 'otlp-grpc', url } });
    manager.startSpan('a').end();
    await manager.forceFlush();
    expect(await health()).toMatchObject({ code: 200, overall: 'ok', status: 'up', queued: 0, dropped: 0 });
  });

  it('is up when telemetry is switched off on purpose', async () => {
    const { health } = await start({ enabled: false });
    expect(await health()).toMatchObject({ code: 200, status: 'up' });
  });

  it('is degraded while spans wait for a collector that is away, and says why', async () => {
    const away = await receiver();
    await away.stop();
    const { health, manager } = await start({ service, exporter: { type: 'otlp-grpc', url: away.url } });
    manager.startSpan('a').end();
    void manager.forceFlush();
    await vi.waitFor(async () => expect((await health()).status).toBe('degraded'));
    expect(await health()).toMatchObject({
      code: 200,
      overall: 'degraded',
      status: 'degraded',
      queued: 1,
      dropped: 0,
      reasons: [
        expect.stringMatching(/^otlp-grpc to http:.* fails: nothing listens there \(ECONNREFUSED\)\. Start/),
      ],
    });
  });

  it('is down when nothing arrives and spans are lost', async () => {
    const strict = await receiver();
    strict.answer = () => ({ ok: false, status: 16 });
    const { health, manager } = await start({ service, exporter: { type: 'otlp-grpc', url: strict.url } });
    manager.startSpan('a').end();
    await manager.forceFlush();
    expect(await health()).toMatchObject({
      code: 503,
      overall: 'error',
      status: 'down',
      dropped: 1,
      reasons: [expect.stringContaining('UNAUTHENTICATED'), 'Spans were dropped within the last minute.'],
    });
  });

  it('is down when each export is refused for what it holds, and says why', async () => {
    const broken = await receiver();
    broken.answer = () => ({ ok: false, status: 13, message: 'disk full' });
    const { health, manager } = await start({ service, exporter: { type: 'otlp-grpc', url: broken.url } });
    manager.startSpan('a').end();
    await manager.forceFlush();
    expect(await health()).toMatchObject({
      status: 'down',
      dropped: 1,
      reasons: [
        expect.stringContaining('disk full (INTERNAL)'),
        'Spans were dropped within the last minute.',
      ],
    });
  });

  it('is degraded when the loss is over', async () => {
    const moody = await receiver();
    moody.answer = () => (moody.requests.length === 1 ? { ok: false, status: 13 } : { ok: true });
    const { health, manager } = await start({ service, exporter: { type: 'otlp-grpc', url: moody.url } });
    manager.startSpan('a').end();
    await manager.forceFlush();
    await vi.waitFor(async () => {
      manager.startSpan('b').end();
      await manager.forceFlush();
      expect(await health()).toMatchObject({
        status: 'degraded',
        dropped: 1,
        reasons: ['Spans were dropped within the last minute.'],
      });
    });
  });

  it('is down after a shutdown', async () => {
    const { health, manager } = await start({ service });
    await manager.shutdown();
    expect(await health()).toMatchObject({ code: 503, status: 'down' });
  });
});
