import { describe, expect, it } from 'vitest';
import { tracerConfigFromEnv, type TracerConfig } from '../../src/index.js';
import { resolveTracerConfig } from '../../src/config/resolve-config.js';

const otlp: TracerConfig = { exporter: { type: 'otlp-http' } };
const ENDPOINT = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://localhost:4318' };

/** The exporters that come of options and variables. */
function exporters(config: TracerConfig, env: NodeJS.ProcessEnv): string[] {
  const service = { name: 'orders', ...config.service };
  const resolved = resolveTracerConfig({ ...config, service }, env, { warn: () => undefined });
  return resolved.exporters.map((exporter) => ('type' in exporter ? exporter.type : 'custom'));
}

describe('a console beside the exporter', () => {
  it.each<[string, TracerConfig, NodeJS.ProcessEnv]>([
    ['with `console: true`', { ...otlp, console: true }, { NODE_ENV: 'production' }],
    ['in development, with `development`', { ...otlp, console: 'development' }, {}],
    ['in `dev`', { ...otlp, console: 'development' }, { APP_ENV: 'dev', NODE_ENV: 'production' }],
    [
      'where the service says that it is in development',
      { ...otlp, console: 'development', service: { environment: 'development' } },
      { NODE_ENV: 'production' },
    ],
    ['with LOG_LEVEL=DEBUG', otlp, { LOG_LEVEL: 'DEBUG' }],
    ['with LOG_LEVEL=debug, in staging', otlp, { LOG_LEVEL: 'debug', APP_ENV: 'staging' }],
    ['with LOG_LEVEL=DEBUG and the endpoint in a variable', {}, { LOG_LEVEL: 'DEBUG', ...ENDPOINT }],
  ])('%s', (_when, config, env) => {
    expect(exporters(config, env)).toEqual(['otlp-http', 'console']);
  });

  it.each<[string, TracerConfig, NodeJS.ProcessEnv]>([
    ['by default', otlp, {}],
    ['in production, with `development`', { ...otlp, console: 'development' }, { NODE_ENV: 'production' }],
    ['in tests, with `development`', { ...otlp, console: 'development' }, { NODE_ENV: 'test' }],
    ['in production, with LOG_LEVEL=DEBUG', otlp, { LOG_LEVEL: 'DEBUG', NODE_ENV: 'production' }],
    ['in tests, with LOG_LEVEL=DEBUG', otlp, { LOG_LEVEL: 'DEBUG', NODE_ENV: 'test' }],
    ['with another LOG_LEVEL', otlp, { LOG_LEVEL: 'INFO' }],
    ['with LOG_LEVEL=DEBUG, where code says no', { ...otlp, console: false }, { LOG_LEVEL: 'DEBUG' }],
  ])('is not there %s', (_when, config, env) => {
    expect(exporters(config, env)).toEqual(['otlp-http']);
  });

  it('is no second one', () => {
    expect(exporters({ console: true, exporter: { type: 'console', format: 'json' } }, {})).toEqual([
      'console',
    ]);
    expect(exporters({ console: true }, {})).toEqual(['console']);
  });

  it('is not there while telemetry is off', () => {
    expect(exporters({ enabled: false, console: true }, {})).toEqual(['none']);
  });

  it('is what a configuration of the environment says', () => {
    expect(tracerConfigFromEnv({ LOG_LEVEL: 'DEBUG', OTEL_TRACES_EXPORTER: 'none' })).toMatchObject({
      console: true,
      exporter: { type: 'none' },
    });
  });
});
