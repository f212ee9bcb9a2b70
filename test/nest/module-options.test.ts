import { Controller, Get, Inject, Injectable, Module } from '@nestjs/common';
import { ConfigModule, ConfigService } from '@nestjs/config';
import { NestFactory } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  TelemetryConfigError,
  TelemetryModule,
  TracerManager,
  type TelemetryModuleOptions,
  type TelemetryOptionsFactory,
} from '../../src/index.js';
import { SpanRecorder } from '../../src/testing/index.js';
import { LogRecorder } from '../support/log-recorder.js';
import { appModule, startApp } from '../support/test-app.js';

@Controller('orders')
class OrdersController {
  constructor(@Inject(TracerManager) private readonly tracing: TracerManager) {}

  @Get(':id')
  findOne() {
    return this.tracing.withSpan('load', () => 'order');
  }
}

/** Requests one order of an app with these imports; returns what was recorded as `service: name`. */
async function spansOf(
  recorder: SpanRecorder,
  imports: NonNullable<Parameters<typeof appModule>[0]['imports']>,
) {
  const app = await startApp({ telemetry: false, imports, controllers: [OrdersController] });
  expect((await app.get('/orders/7')).body).toBe('order');
  await app.close();
  return recorder
    .spans()
    .map(({ name, resource }) => `${String(resource.attributes['service.name'])}: ${name}`);
}

const traced = ['orders: load', 'orders: GET /orders/:id'];

describe('an instance', () => {
  it('takes fixed options', async () => {
    const exporter = new SpanRecorder();
    const module = TelemetryModule.forRoot({ service: { name: 'orders' }, exporter });
    expect(await spansOf(exporter, [module])).toEqual(traced);
  });

  it('takes options of a factory with injected providers', async () => {
    const exporter = new SpanRecorder();
    const module = TelemetryModule.forRootAsync({
      imports: [ConfigModule.forFeature(() => ({ shop: { service: 'orders' } }))],
      inject: [ConfigService],
      useFactory: async (config: ConfigService) => ({
        service: { name: await Promise.resolve(config.getOrThrow<string>('shop.service')) },
        exporter,
      }),
    });
    expect(await spansOf(exporter, [ConfigModule.forRoot({ ignoreEnvFile: true }), module])).toEqual(traced);
  });

  it('takes options of a class that it builds', async () => {
    const exporter = new SpanRecorder();

    @Injectable()
    class Names {
      readonly service = 'orders';
    }

    @Module({ providers: [Names], exports: [Names] })
    class NamesModule {}

    @Injectable()
    class Options implements TelemetryOptionsFactory {
      constructor(@Inject(Names) private readonly names: Names) {}

      createTelemetryOptions(): TelemetryModuleOptions {
        return { service: { name: this.names.service }, exporter };
      }
    }
    const module = TelemetryModule.forRootAsync({ imports: [NamesModule], useClass: Options });
    expect(await spansOf(exporter, [module])).toEqual(traced);
  });

  it('takes options of a class that exists', async () => {
    const exporter = new SpanRecorder();
    let made = 0;

    @Injectable()
    class Options implements TelemetryOptionsFactory {
      constructor() {
        made += 1;
      }

      createTelemetryOptions() {
        return Promise.resolve({ service: { name: 'orders' }, exporter });
      }
    }

    @Module({ providers: [Options], exports: [Options] })
    class OptionsModule {}
    const module = TelemetryModule.forRootAsync({ imports: [OptionsModule], useExisting: Options });
    expect(await spansOf(exporter, [module])).toEqual(traced);
    expect(made).toBe(1);
  });

  it('gives its providers to every module when it is global', async () => {
    const exporter = new SpanRecorder();

    @Module({ controllers: [OrdersController] })
    class OrdersModule {}
    const module = TelemetryModule.forRootAsync({
      isGlobal: true,
      useFactory: () => ({ service: { name: 'orders' }, exporter }),
    });
    expect(await spansOf(exporter, [module, OrdersModule])).toEqual(traced);
  });

  it('works in a testing module', async () => {
    const exporter = new SpanRecorder();
    const module = await Test.createTestingModule({
      imports: [TelemetryModule.forRoot({ service: { name: 'orders' }, exporter })],
      controllers: [OrdersController],
    }).compile();
    expect(module.get(OrdersController).findOne()).toBe('order');
    await module.close();
    expect(exporter.spans().map(({ name }) => name)).toEqual(['load']);
  });

  it('works in a standalone application context, and delivers when it closes', async () => {
    const exporter = new SpanRecorder();
    const context = await NestFactory.createApplicationContext(
      appModule({
        imports: [TelemetryModule.forRoot({ service: { name: 'jobs' }, exporter })],
        providers: [OrdersController],
      }),
      { logger: false, abortOnError: false },
    );
    context.get(OrdersController).findOne();
    await context.close();
    expect(exporter.spans().map(({ name }) => name)).toEqual(['load']);
    expect(context.get(TracerManager, { strict: false }).isConfigured()).toBe(false);
  });
});

/** Boots an app with these options. */
async function boot(options: unknown, asynchronous = false): Promise<void> {
  const given = options as TelemetryModuleOptions;
  const module = asynchronous
    ? TelemetryModule.forRootAsync({ useFactory: () => given })
    : TelemetryModule.forRoot(given);
  const app = await NestFactory.create(appModule({ imports: [module] }), {
    logger: false,
    abortOnError: false,
  });
  onTestFinished(() => app.close());
  await app.init();
}

const service = { name: 'orders' };
const grpc = { type: 'otlp-grpc', url: 'http://127.0.0.1:4317' };

describe.each([false, true])('options that cannot work (made during bootstrap: %s)', (asynchronous) => {
  it.each<[string, object, string]>([
    ['an unknown key', { service, sampel: 1 }, 'sampel'],
    ['an unknown key further down', { service, http: { ignore: ['/health'] } }, 'http.ignore'],
    ['a value of the wrong type', { service: 'orders' }, 'service'],
    ['a number that is text', { service, sampler: '0.5' }, 'sampler'],
    ['a ratio over 1', { service, sampler: 1.5 }, 'sampler'],
    ['a ratio over 1 in full', { service, sampler: { type: 'ratio', ratio: 1.5 } }, 'sampler.ratio'],
    ['a URL without a scheme', { service, exporter: { ...grpc, url: 'collector:4317' } }, 'exporter.url'],
    [
      'an API key in quotes',
      { service, exporter: { ...grpc, headers: { 'api-key': '"k-123"' } } },
      'exporter.headers.api-key',
    ],
    [
      'an API key with spaces around it',
      { service, exporter: [{ type: 'none' }, { ...grpc, headers: { 'api-key': ' k-123 ' } }] },
      'exporter[1].headers.api-key',
    ],
    ['an unknown exporter', { service, exporter: { type: 'otlp' } }, 'exporter.type'],
    ['a negative duration', { service, shutdown: { timeoutMillis: -1 } }, 'shutdown.timeoutMillis'],
    ['a header name with a space', { service, http: { traceIdHeader: 'x trace' } }, 'http.traceIdHeader'],
    ['no service name', {}, 'service.name'],
  ])('say what is wrong: %s', async (_what, options, path) => {
    const failure: unknown = await boot(options, asynchronous).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(failure).toBeInstanceOf(TelemetryConfigError);
    const { code, path: failed, message } = failure as TelemetryConfigError;
    expect({ code, failed }).toEqual({ code: 'TELEMETRY_CONFIG_INVALID', failed: path });
    expect(message).toMatch(/^Expected `.+` to be .+, got .+\. \S+/);
    expect(message).not.toContain('k-123');
  });
});

describe('onConfigError: warn', () => {
  it('says once what is wrong, and runs the app without telemetry', async () => {
    const log = new LogRecorder();
    const module = TelemetryModule.forRoot({ service, sampler: 1.5, onConfigError: 'warn' });
    const app = await startApp({
      telemetry: false,
      imports: [module],
      controllers: [OrdersController],
      logger: log,
    });
    expect((await app.get('/orders/7')).body).toBe('order');
    const tracing = app.app.get(TracerManager, { strict: false });
    expect([tracing.isConfigured(), tracing.isEnabled()]).toEqual([false, false]);
    const warnings = log.lines('warn').filter((line) => line.includes('sampler'));
    expect(warnings).toEqual([
      expect.stringMatching(/^Running without telemetry\. Expected `sampler` to be /),
    ]);
  });

  it('can be configured later', async () => {
    const recorder = new SpanRecorder();
    const module = TelemetryModule.forRoot({ service, sampler: 1.5, onConfigError: 'warn' });
    const app = await startApp({ telemetry: false, imports: [module], controllers: [OrdersController] });
    await app.app.get(TracerManager, { strict: false }).configure({ service, exporter: recorder });
    await app.get('/orders/7');
    await app.close();
    expect(recorder.spans().map(({ name }) => name)).toEqual(['load', 'GET /orders/:id']);
  });

  it('does not hide an error of the factory itself', async () => {
    const broken = TelemetryModule.forRootAsync({
      useFactory: () => {
        throw new Error('no vault');
      },
    });
    const start = startApp({ telemetry: false, imports: [broken], controllers: [OrdersController] });
    await expect(start).rejects.toThrow('no vault');
  });
});

it('says which options forRootAsync needs', () => {
  expect(() => TelemetryModule.forRootAsync({})).toThrow(
    expect.objectContaining({ code: 'TELEMETRY_CONFIG_INVALID', path: 'forRootAsync' }),
  );
});
