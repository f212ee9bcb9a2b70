import { REQUEST } from '@nestjs/core';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { TelemetryModule, type TelemetryModuleOptions } from '../../src/index.js';
import { SpanRecorder, TelemetryTestingModule } from '../../src/testing/index.js';
import { LogRecorder } from '../support/log-recorder.js';
import { startApp, type TestAppOptions } from '../support/test-app.js';

const service = { name: 'orders' };

describe('mistakes that would go unnoticed', () => {
  /** Boots an app with these imports. @returns what its start threw */
  function failureOf(imports: NonNullable<TestAppOptions['imports']>): Promise<unknown> {
    return startApp({ telemetry: false, imports }).then(
      () => undefined,
      (error: unknown) => error,
    );
  }

  it.each<[string, Parameters<typeof failureOf>[0], object]>([
    [
      'the module class alone among the imports',
      [TelemetryModule],
      { path: 'TelemetryModule', message: expect.stringContaining('Write `TelemetryModule.forRoot(') },
    ],
    [
      'the module for tests alone among the imports',
      [TelemetryTestingModule],
      {
        path: 'TelemetryTestingModule',
        message: expect.stringContaining('`TelemetryTestingModule.forRoot()`'),
      },
    ],
    [
      'a factory that returns nothing',
      [TelemetryModule.forRootAsync({ useFactory: () => undefined as unknown as TelemetryModuleOptions })],
      { path: 'options', message: expect.stringContaining('Return an object') },
    ],
    [
      'a factory that makes the module global too late',
      [TelemetryModule.forRootAsync({ useFactory: () => ({ service, isGlobal: true }) })],
      { path: 'isGlobal', message: expect.stringContaining('Move it next to `useFactory`') },
    ],
    [
      'options that hang on a request',
      [
        TelemetryModule.forRootAsync({
          inject: [REQUEST],
          useFactory: () => ({ service, exporter: new SpanRecorder() }),
        }),
      ],
      { path: 'forRootAsync', message: expect.stringContaining('a request-scoped provider') },
    ],
  ])('%s', async (_what, imports, problem) => {
    expect(await failureOf(imports)).toMatchObject({ code: 'TELEMETRY_CONFIG_INVALID', ...problem });
  });

  it.each([
    ['for one module', false, 'AppModule'],
    ['for every module', true, 'The app, with `isGlobal`,'],
  ])('several instances %s', async (_what, isGlobal, who) => {
    const log = new LogRecorder();
    const imports = ['one', 'two'].map((name) =>
      TelemetryModule.forRoot({ service: { name }, exporter: new SpanRecorder(), isGlobal }),
    );

    await startApp({ telemetry: false, imports, logger: log });

    expect(log.lines('warn')).toEqual([
      `${who} imports several instances of telemetry; the first covers it, the others see no request of it. ` +
        'For several exporters, pass a list to one instance: `exporter: [a, b]`.',
    ]);
  });
});

it('calls an instance by the service that the environment names', async () => {
  vi.stubEnv('OTEL_SERVICE_NAME', 'shop');
  onTestFinished(() => void vi.unstubAllEnvs());
  const log = new LogRecorder();
  const exporter = { type: 'jaeger', url: 'http://127.0.0.1:4317' } as const;

  await startApp({
    telemetry: false,
    imports: [TelemetryModule.forRoot({ exporter, metrics: false })],
    logger: log,
  });

  expect(log.lines().filter((line) => line.includes('jaeger'))).toEqual([
    expect.stringMatching(/^shop: jaeger sends OTLP over gRPC to /),
  ]);
});
