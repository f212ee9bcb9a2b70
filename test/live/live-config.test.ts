import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { TelemetryModule, TracerManager, type TracerConfig } from '../../src/index.js';
import { arize } from '../../src/entry-points/presets.js';
import { SpanRecorder } from '../../src/testing/index.js';
import { LogRecorder } from '../support/log-recorder.js';
import { startApp } from '../support/test-app.js';
import { newManager } from './new-manager.js';

const CANARY = 'canary-91f0';

function environment(variables: Record<string, string>): void {
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
  onTestFinished(() => void vi.unstubAllEnvs());
}

async function started(options: TracerConfig): Promise<{ manager: TracerManager; lines: string[] }> {
  const logger = new LogRecorder();
  const imports = [TelemetryModule.forRoot({ ...options, metrics: false })];
  const { app } = await startApp({ telemetry: false, imports, logger });
  return { manager: app.get(TracerManager, { strict: false }), lines: logger.lines('log') };
}

describe('status shows the live configuration', () => {
  it('with what the variables say, each value with its origin, and no secret', async () => {
    environment({
      OTEL_SERVICE_NAME: 'orders',
      OTEL_RESOURCE_ATTRIBUTES: `team=checkout,db.password=${CANARY}`,
      OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
      OTEL_TRACES_SAMPLER_ARG: '0.25',
      OTEL_BSP_MAX_QUEUE_SIZE: '1000',
      PROD_ARIZE_SPACE_ID: 'space',
      PROD_ARIZE_API_KEY: CANARY,
      APP_ENV: 'production',
    });
    const { manager } = await started({ batch: { maxExportBatchSize: 100 }, debugEvents: true });

    const { config, origins } = manager.status();
    expect(config).toMatchObject({
      enabled: true,
      service: { name: 'orders', environment: 'production' },
      resourceAttributes: {
        team: 'checkout',
        'db.password': '__REDACTED__',
        'openinference.project.name': 'default',
      },
      exporter: {
        type: 'otlp-grpc',
        url: 'https://otlp.arize.com',
        headers: { authorization: '****', 'arize-space-id': '****' },
      },
      sampler: { type: 'ratio', ratio: 0.25, parentBased: true },
      batch: { maxQueueSize: 1000, maxExportBatchSize: 100, scheduledDelayMillis: 5000 },
      debugEvents: true,
    });
    expect(origins).toMatchObject({
      enabled: 'default',
      'service.name': 'variable OTEL_SERVICE_NAME',
      'service.environment': 'variable APP_ENV',
      'service.instanceId': 'default',
      'resourceAttributes.team': 'variable OTEL_RESOURCE_ATTRIBUTES',
      exporter: 'variable PROD_ARIZE_SPACE_ID, PROD_ARIZE_API_KEY, APP_ENV',
      sampler: 'variable OTEL_TRACES_SAMPLER, OTEL_TRACES_SAMPLER_ARG',
      'batch.maxQueueSize': 'variable OTEL_BSP_MAX_QUEUE_SIZE',
      'batch.maxExportBatchSize': 'option',
      'batch.scheduledDelayMillis': 'default',
      debugEvents: 'option',
    });
    expect(JSON.stringify(manager.status())).not.toContain(CANARY);
  });

  it('with live changes and overrides', async () => {
    const manager = await newManager({ sampler: 0.5, batch: { maxQueueSize: 100 } });
    const origins = (): Record<string, string> => manager.status().origins;
    expect(origins()).toMatchObject({ sampler: 'option', debugEvents: 'default' });

    await manager.reconfigure({ sampler: 0.1, batch: { maxExportBatchSize: 10 } });
    expect(manager.status().config).toMatchObject({ sampler: 0.1 });
    expect(origins()).toMatchObject({
      'service.name': 'option',
      sampler: 'live change',
      'batch.maxQueueSize': 'option',
      'batch.maxExportBatchSize': 'live change',
    });

    await manager.reconfigure({ sampler: 0.5 });
    expect(origins()).toMatchObject({ sampler: 'option' });

    const { revert } = await manager.override({ debugEvents: true }, { forMillis: 60_000 });
    expect(origins()).toMatchObject({ debugEvents: 'live change' });
    await revert();
    expect(origins()).toMatchObject({ debugEvents: 'default' });

    await manager.shutdown();
    expect(manager.status()).toMatchObject({ config: {}, origins: {} });
  });

  it('with what a tenant and a flow change', async () => {
    const manager = await newManager(
      { sampler: 0.5 },
      { tenants: { config: () => ({ resourceAttributes: { tenant: 'acme' } }) } },
    );
    const status = manager.withTenant('acme', () => manager.status());
    expect(status.config).toMatchObject({ sampler: 0.5, resourceAttributes: { tenant: 'acme' } });
    expect(status.origins).toMatchObject({ sampler: 'option', 'resourceAttributes.tenant': 'tenant' });
    const temporary = manager.withTemporaryConfig({ sampler: 1 }, () => manager.status());
    expect(temporary.origins).toMatchObject({ sampler: 'temporary change' });
    expect(manager.status()).toMatchObject({ config: { sampler: 0.5 }, origins: { sampler: 'option' } });
  });
});

describe('the start line', () => {
  const telling = (lines: readonly string[]): string[] =>
    lines.filter((line) => / (go to|telemetry is) /.test(line));

  it('names endpoint, protocol, headers, sampler, environment and project, once', async () => {
    const { lines, manager } = await started({
      service: { name: 'chat', environment: 'staging' },
      sampler: 0.1,
      ...arize({ spaceId: 'space', apiKey: CANARY, projectName: 'support' }),
    });
    await manager.reconfigure({ debugEvents: true });
    expect(telling(lines)).toEqual([
      'chat in staging: spans go to https://otlp.arize.com (OTLP over gRPC, headers authorization, arize-space-id, ' +
        'api_key, space_id, arize-interface); sampler parent-based(ratio(0.1)); project support.',
    ]);
  });

  it.each<readonly [TracerConfig, string]>([
    [{ exporter: new SpanRecorder() }, 'spans go to SpanRecorder (given in code)'],
    [{ exporter: { type: 'none' } }, 'spans go to no exporter'],
    [
      { exporter: [{ type: 'otlp-http', url: `http://u:${CANARY}@localhost:9` }, { type: 'memory' }] },
      'spans go to http://****@localhost:9/v1/traces (OTLP over HTTP, no headers) and to memory',
    ],
    [{ enabled: false }, 'telemetry is off'],
  ])('of %o', async (options, words) => {
    const { lines } = await started({ service: { name: 'orders', environment: 'test' }, ...options });
    expect(telling(lines)).toEqual([expect.stringContaining(`orders in test: ${words}`)]);
  });
});
