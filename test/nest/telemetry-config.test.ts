import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigModule, ConfigService, registerAs, type ConfigType } from '@nestjs/config';
import { Inject, Injectable, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Secret } from '../../src/config/secret.js';
import type { TracerConfig } from '../../src/config/tracer-config.js';
import { telemetryConfig } from '../../src/nest/module/telemetry-config.js';

afterEach(() => {
  vi.unstubAllEnvs();
});

/** What a module that is configured as TelemetryModule is receives. */
async function receivedBy(options: ReturnType<typeof telemetryConfig.asProvider>): Promise<TracerConfig> {
  @Module({})
  class Receiver {}
  const app = await Test.createTestingModule({
    imports: [
      ConfigModule.forRoot({ ignoreEnvFile: true }),
      {
        module: Receiver,
        imports: options.imports,
        providers: [{ provide: 'OPTIONS', inject: options.inject, useFactory: options.useFactory }],
        exports: ['OPTIONS'],
      },
    ],
  }).compile();
  return app.get<TracerConfig>('OPTIONS', { strict: false });
}

describe('telemetryConfig', () => {
  it('is what registerAs makes', async () => {
    const real = registerAs('telemetry', () => ({}));
    const described = (factory: object): unknown =>
      Reflect.ownKeys(factory)
        .filter(
          (key) => typeof key === 'string' && !['length', 'name', 'asProvider', 'prototype'].includes(key),
        )
        .map((key) => [key, Object.getOwnPropertyDescriptor(factory, key)])
        .sort();
    expect(described(telemetryConfig)).toEqual(described(real));
    const shape = async ({ imports, inject }: { imports: any[]; inject: unknown[] }) => ({
      modules: (await Promise.all(imports)).map(({ module }) => module),
      inject,
    });
    expect(await shape(telemetryConfig.asProvider())).toEqual(await shape(real.asProvider()));
  });

  it('configures a module through asProvider', async () => {
    vi.stubEnv('OTEL_SERVICE_NAME', 'orders');
    vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', 'http://collector:4317');
    expect(await receivedBy(telemetryConfig.asProvider())).toMatchObject({
      service: { name: 'orders' },
      exporter: { type: 'otlp-grpc', url: 'http://collector:4317' },
    });
  });

  it('is injected by its key and found by ConfigService, credentials wrapped', async () => {
    vi.stubEnv('OTEL_SAMPLE_RATE', '0.25');
    vi.stubEnv('OTEL_EXPORTER_OTLP_HEADERS', 'api-key=c4n4ry');
    @Injectable()
    class Consumer {
      constructor(
        @Inject(telemetryConfig.KEY) readonly own: ConfigType<typeof telemetryConfig>,
        @Inject(ConfigService) readonly config: ConfigService,
      ) {}
    }
    const app = await Test.createTestingModule({
      imports: [ConfigModule.forRoot({ ignoreEnvFile: true }), ConfigModule.forFeature(telemetryConfig)],
      providers: [Consumer],
    }).compile();
    const { own, config } = app.get(Consumer);
    expect(own.sampler).toBe(0.25);
    expect(config.get('telemetry.sampler')).toBe(0.25);
    expect(config.get('telemetry.exporter.headers.api-key')).toBeInstanceOf(Secret);
    expect(JSON.stringify(config.get('telemetry'))).not.toContain('c4n4ry');
  });

  it('sees the .env file that ConfigModule.forRoot loads', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'telemetry-'));
    writeFileSync(join(folder, '.env'), 'OTEL_SERVICE_NAME=from-file\n');
    // ConfigModule writes what it loads to process.env; this brings it back afterwards.
    vi.stubEnv('OTEL_SERVICE_NAME', undefined);
    const app = await Test.createTestingModule({
      imports: [
        ConfigModule.forRoot({ envFilePath: join(folder, '.env') }),
        ConfigModule.forFeature(telemetryConfig),
      ],
    }).compile();
    expect(app.get<TracerConfig>(telemetryConfig.KEY, { strict: false }).service?.name).toBe('from-file');
  });
});
