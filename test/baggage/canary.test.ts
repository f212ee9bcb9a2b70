import { inspect } from 'node:util';
import { Controller, Get, Inject, Logger, type LoggerService } from '@nestjs/common';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici';
import { afterEach, expect, it, vi } from 'vitest';
import { BaggageService, TelemetryModule, TracerManager } from '../../src/index.js';
import { startEchoServer } from '../support/echo-server.js';
import { startApp } from '../support/test-app.js';

const CANARY = 'canary-3c9e';

class LogLines implements LoggerService {
  readonly lines: string[] = [];
  private readonly keep = (...parts: unknown[]): void => {
    this.lines.push(inspect(parts, { depth: 10 }));
  };
  readonly log = this.keep;
  readonly warn = this.keep;
  readonly error = this.keep;
  readonly debug = this.keep;
  readonly verbose = this.keep;
}

@Controller()
class WorkController {
  private readonly logger = new Logger('Work');

  constructor(@Inject(BaggageService) readonly baggage: BaggageService) {}

  @Get('work')
  async work(): Promise<void> {
    this.logger.log('working');
    this.baggage.set('app.note', `${CANARY}\r\nX: y`);
    this.baggage.set('api_key', CANARY);
    await fetch(process.env['FOREIGN'] ?? '').catch(() => {});
    throw new Error('failed');
  }
}

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

it('a value that a client sent is in no log line and no status, whatever goes wrong with it', async () => {
  const written = vi.spyOn(process.stderr, 'write');
  const logger = new LogLines();
  const foreign = await startEchoServer();
  vi.stubEnv('FOREIGN', foreign.url);
  const app = await startApp({
    logger,
    telemetry: false,
    imports: [
      TelemetryModule.forRoot({
        service: { name: 'canary' },
        // Nobody listens there.
        exporter: { type: 'otlp-http', url: 'http://127.0.0.1:9/v1/traces' },
        batch: { scheduledDelayMillis: 5, maxRetryMillis: 50, exportTimeoutMillis: 500 },
        instrumentations: [new HttpInstrumentation(), new UndiciInstrumentation()],
        baggage: {
          required: ['x-tenant'],
          headers: { 'x-user-id': 'user.id', 'x-session-id': 'session.id' },
          entries: () => {
            throw new Error('no entries');
          },
        },
      }),
    ],
    controllers: [WorkController],
  });
  const hostile = [
    { 'x-user-id': CANARY, baggage: `user.id=${CANARY},password=${CANARY},__proto__=${CANARY}` },
    { 'x-user-id': `${CANARY}${'x'.repeat(5000)}` },
    { 'x-user-id': [CANARY, `${CANARY}2`] as never },
    { baggage: `user.id=${CANARY}%0d%0a,${CANARY}=1,user.id=%zz${CANARY}` },
    {
      baggage: Array.from({ length: 300 }, (_, index) => `user.id=${CANARY}${index}${'y'.repeat(30)}`).join(
        ',',
      ),
    },
    { 'x-session-id': `${CANARY}\u0080` },
    { traceparent: `00-${CANARY}` },
  ];
  for (const headers of hostile) {
    await app.get('/work', headers);
    expect((await app.get('/work', { ...headers, 'x-tenant': 'acme' })).status).toBe(500);
  }
  const manager = app.app.get(TracerManager);
  await manager.forceFlush();

  const log = logger.lines.join('\n');
  expect(log).toContain('working');
  expect(log).toContain('A baggage entry was refused');
  expect(log).toContain('no entries');
  expect(log).not.toContain(CANARY);
  expect(JSON.stringify(written.mock.calls)).not.toContain(CANARY);
  expect(JSON.stringify(manager.status())).not.toContain(CANARY);
  expect(JSON.stringify(app.app.get(BaggageService).refused())).not.toContain(CANARY);
  expect(JSON.stringify(foreign.received)).not.toContain(CANARY);
  expect(foreign.received.length).toBeGreaterThan(0);
});
