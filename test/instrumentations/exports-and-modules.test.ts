import { once } from 'node:events';
import http from 'node:http';
import { Controller, Get, type LoggerService } from '@nestjs/common';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { IORedisInstrumentation } from '@opentelemetry/instrumentation-ioredis';
import { PgInstrumentation } from '@opentelemetry/instrumentation-pg';
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici';
import { Redis } from 'ioredis';
import { describe, expect, it, onTestFinished } from 'vitest';
import { TelemetryModule, TracerManager, type InstrumentationOption } from '../../src/index.js';
import { SpanRecorder } from '../../src/testing/index.js';
import { startEchoServer } from '../support/echo-server.js';
import { RedisServer } from '../support/redis-server.js';
import { startApp } from '../support/test-app.js';

@Controller()
class PingController {
  @Get('ping')
  ping(): string {
    return 'pong';
  }
}

class LogLines implements LoggerService {
  readonly lines: string[] = [];
  log(message: unknown): void {
    this.lines.push(String(message));
  }
  warn(message: unknown): void {
    this.lines.push(String(message));
  }
  error(message: unknown): void {
    this.lines.push(String(message));
  }
}

describe('exports', () => {
  it.each([
    ['our own exporter', (url: string) => ({ type: 'otlp-http', url: `${url}/v1/traces` }) as const],
    ['an exporter of the SDK', (url: string) => new OTLPTraceExporter({ url: `${url}/v1/traces` })],
  ])('are not traced themselves: %s', async (_name, exporter) => {
    const collector = await startEchoServer();
    const recorder = new SpanRecorder();
    const app = await startApp({
      telemetry: false,
      imports: [
        TelemetryModule.forRoot({
          service: { name: 'exporting' },
          exporter: [recorder, exporter(collector.url)],
          batch: { scheduledDelayMillis: 5 },
          instrumentations: [new HttpInstrumentation(), new UndiciInstrumentation()],
        }),
      ],
      controllers: [PingController],
    });
    const manager = app.app.get(TracerManager);
    for (let round = 1; round <= 3; round += 1) {
      manager.withSpan(`work ${round}`, () => {});
      await manager.forceFlush();
      expect(collector.received).toHaveLength(round);
    }
    expect(recorder.spans().map(({ name }) => name)).toEqual(['work 1', 'work 2', 'work 3']);
    expect(collector.received.map(({ headers }) => headers.traceparent)).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});

describe('modules', () => {
  it('that are no such module are warned of, and the others are patched', async () => {
    const logger = new LogLines();
    const server = await RedisServer.start();
    const app = await startApp({
      logger,
      telemetry: {
        instrumentations: [
          { instrumentation: new PgInstrumentation(), modules: { pg: { Client: {} } } },
          { instrumentation: new IORedisInstrumentation(), modules: { ioredis: Redis } },
        ],
      },
    });
    expect(logger.lines.filter((line) => line.includes('instrumentation-pg'))).toEqual([
      expect.stringMatching(/cannot patch `pg`, its calls are not traced: TypeError/),
    ]);
    const redis = new Redis(server.port);
    onTestFinished(() => redis.disconnect());
    await once(redis, 'ready');
    // Its default is to leave out what has no parent.
    await redis.get('outside');
    await app.app.get(TracerManager).withSpan('job', () => redis.get('inside'));
    expect(app.recorder.spans().map(({ name, attributes }) => [name, attributes['db.query.text']])).toEqual([
      ['get', 'get inside'],
      ['job', undefined],
    ]);
  });

  it('patched by an instrumentation that fails are the only ones missing', async () => {
    const logger = new LogLines();
    const broken: InstrumentationOption = {
      instrumentationName: 'broken',
      enable() {
        throw new Error('no');
      },
      disable() {},
      getConfig: () => ({}),
      setConfig() {},
      setTracerProvider() {},
    };
    const echo = await startEchoServer();
    const app = await startApp({
      logger,
      telemetry: { instrumentations: [broken, new HttpInstrumentation()] },
    });
    await app.app.get(TracerManager).withSpan('job', async () => {
      http.get(echo.url).end();
    });
    await app.recorder.waitFor('GET');
    expect(logger.lines).toContain('broken could not be enabled: Error: no');
  });

  it('are refused at bootstrap if they are none', async () => {
    await expect(startApp({ telemetry: { instrumentations: [{}] as never } })).rejects.toThrow(
      'Expected `instrumentations[0].instrumentation` to be an OpenTelemetry instrumentation',
    );
    await expect(
      startApp({ telemetry: { propagation: { baggageHosts: ['https://api.example.com/x'] } } }),
    ).rejects.toThrow('Expected `propagation.baggageHosts[0]` to be a host such as');
    await expect(startApp({ telemetry: { baggage: { headers: { 'x user': 'user.id' } } } })).rejects.toThrow(
      'Expected `baggage.headers[name]` to be a header name',
    );
    await expect(startApp({ telemetry: { baggage: { deny: ['*.email'] } } })).rejects.toThrow(
      'Expected `baggage.deny[0]` to be the name of a baggage entry, or how it begins',
    );
    await expect(startApp({ telemetry: { baggage: { headers: { 'x-user': 'user.*' } } } })).rejects.toThrow(
      'Expected `baggage.headers.x-user` to be the name of a baggage entry',
    );
    await expect(startApp({ telemetry: { baggage: { metricAttributes: ['app.*'] } } })).rejects.toThrow(
      'Expected `baggage.metricAttributes[0]` to be the exact name',
    );
  });
});

it.each(['amqplib', 'graphql'])(
  'a line at start says that instrumentation-%s joins only in part',
  async (name) => {
    const logger = new LogLines();
    const half = {
      instrumentationName: `@opentelemetry/instrumentation-${name}`,
      instrumentationVersion: '1.0.0',
      enable: () => undefined,
      disable: () => undefined,
      setTracerProvider: () => undefined,
      setMeterProvider: () => undefined,
      setConfig: () => undefined,
      getConfig: () => ({}),
    };
    await startApp({ logger, telemetry: { instrumentations: [half] } });
    expect(logger.lines).toContainEqual(
      expect.stringContaining(`instrumentation-${name} joins only in part: `),
    );
  },
);
