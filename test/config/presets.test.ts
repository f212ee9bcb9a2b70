import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { selectEnvironment } from '../../src/config/environment/environment.js';
import { arize, ArizeEndpoint, arizeHeaders, type ArizeOptions } from '../../src/config/presets/arize.js';
import { ensureCollectorEndpoint } from '../../src/config/presets/collector-endpoint.js';
import { phoenix, type PhoenixOptions } from '../../src/config/presets/phoenix.js';
import { highThroughput, memoryConstrained, samplingByEnvironment } from '../../src/config/presets/tuning.js';
import { resolveTracerConfig } from '../../src/config/resolve-config.js';
import { revealHeaders, Secret } from '../../src/config/secret.js';
import type { TracerConfig } from '../../src/config/tracer-config.js';

/** What the pipeline gets, credentials in clear. */
function resolve(config: TracerConfig, env: NodeJS.ProcessEnv = {}) {
  const { exporters, resourceAttributes, spanLimits } = resolveTracerConfig(
    { service: { name: 'chat' }, ...config },
    env,
    {
      warn: (message) => {
        throw new Error(message);
      },
    },
  );
  const {
    timeoutMillis: _timeout,
    compression: _compression,
    ...exporter
  } = exporters[0] as unknown as Record<string, unknown>;
  return {
    exporter,
    project: resourceAttributes['openinference.project.name'],
    model: resourceAttributes['model_id'],
    attributeCountLimit: spanLimits.attributeCountLimit,
  };
}

const headers = {
  authorization: 'k',
  'arize-space-id': 's',
  api_key: 'k',
  space_id: 's',
  'arize-interface': 'otel',
};
const credentials = { spaceId: 's', apiKey: 'k' };

describe('arize', () => {
  const grpc = { type: 'otlp-grpc', url: 'https://otlp.arize.com', headers };
  it.each<[string, ArizeOptions, NodeJS.ProcessEnv, object]>([
    [
      'credentials alone',
      credentials,
      {},
      { exporter: grpc, project: 'default', model: 'default', attributeCountLimit: 10_000 },
    ],
    ['wrapped credentials', { spaceId: new Secret('s'), apiKey: new Secret('k') }, {}, { exporter: grpc }],
    [
      'credentials of the environment',
      {},
      { ARIZE_SPACE_ID: 's', ARIZE_API_KEY: 'k', ARIZE_PROJECT_NAME: 'p' },
      { exporter: grpc, project: 'p', model: 'p' },
    ],
    [
      'options before the environment',
      { ...credentials, projectName: 'p' },
      { ARIZE_SPACE_ID: 'x', ARIZE_API_KEY: 'y', ARIZE_PROJECT_NAME: 'z' },
      { exporter: grpc, project: 'p' },
    ],
    ['a project', { ...credentials, projectName: 'p' }, {}, { project: 'p', model: 'p' }],
    ['a model id, its older word', { ...credentials, modelId: 'm' }, {}, { project: 'm', model: 'm' }],
    ['both', { ...credentials, projectName: 'p', modelId: 'm' }, {}, { project: 'p', model: 'm' }],
    [
      'Europe',
      { ...credentials, region: 'eu' },
      { ARIZE_COLLECTOR_ENDPOINT: 'https://x' },
      { exporter: { ...grpc, url: 'https://otlp.eu-west-1a.arize.com' } },
    ],
    [
      'an own endpoint',
      { ...credentials, region: 'eu', endpoint: 'http://localhost:4317/v1' },
      {},
      { exporter: { ...grpc, url: 'http://localhost:4317' } },
    ],
    [
      'the endpoint of the environment',
      credentials,
      { ARIZE_COLLECTOR_ENDPOINT: 'http://c:1' },
      { exporter: { ...grpc, url: 'http://c:1' } },
    ],
    [
      'HTTP',
      { ...credentials, transport: 'http' },
      {},
      { exporter: { ...grpc, type: 'otlp-http', url: 'https://otlp.arize.com/v1/traces' } },
    ],
    [
      'current headers',
      { ...credentials, headerStyle: 'current' },
      {},
      {
        exporter: {
          ...grpc,
          headers: { authorization: 'k', 'arize-space-id': 's', 'arize-interface': 'otel' },
        },
      },
    ],
    [
      'legacy headers',
      { ...credentials, headerStyle: 'legacy' },
      {},
      { exporter: { ...grpc, headers: { api_key: 'k', space_id: 's', 'arize-interface': 'otel' } } },
    ],
    [
      'headers besides',
      { ...credentials, headers: { 'x-a': '1' } },
      {},
      { exporter: { ...grpc, headers: { ...headers, 'x-a': '1' } } },
    ],
    [
      'headers of the environment',
      { headersFrom: 'env' },
      { OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'space_id=s,api_key=k' },
      { exporter: { ...grpc, headers: { space_id: 's', api_key: 'k', 'arize-interface': 'otel' } } },
    ],
    [
      'a limit in the environment',
      credentials,
      { OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT: '7' },
      { attributeCountLimit: 7 },
    ],
  ])('%s', (_name, options, env, expected) => {
    const before = { ...env };
    expect(resolve(arize(options, env), env)).toMatchObject(expected);
    expect(env).toEqual(before);
  });

  it.each<[string, unknown, string]>([
    [
      'no space id',
      { apiKey: 'k' },
      'Expected `arize.spaceId` to be a non-empty text without spaces or quotes around it, got nothing. Pass it as an option, or set the ARIZE_SPACE_ID environment variable.',
    ],
    [
      'no API key',
      { spaceId: 's' },
      'Expected `arize.apiKey` to be a non-empty text without spaces or quotes around it, got nothing. Pass it as an option, or set the ARIZE_API_KEY environment variable.',
    ],
    [
      'an API key in quotes',
      { spaceId: 's', apiKey: "'k'" },
      'Expected `arize.apiKey` to be a non-empty text without spaces or quotes around it, got a string that is not shown. Remove the spaces or quotes around it.',
    ],
    ['a key of another type', { spaceId: 's', apiKey: 5 }, 'got a number that is not shown.'],
    [
      'an endpoint without a scheme',
      { ...credentials, endpoint: 'otlp.arize.com' },
      'Expected `arize.endpoint` to be an address that begins with http:// or https://, got `otlp.arize.com` (string).',
    ],
    [
      'a region that does not exist',
      { ...credentials, region: 'mars' },
      'Expected `arize.region` to be `us` or `eu`',
    ],
    [
      'the transport https',
      { ...credentials, transport: 'https' },
      'Expected `arize.transport` to be `grpc` or `http`, got `https` (string). Did you mean `http`?',
    ],
    [
      'the words of the original',
      { space_id: 's', apiKey: 'k' },
      'Expected `arize.space_id` to be an option that exists',
    ],
    [
      'headers from an environment without any',
      { headersFrom: 'env' },
      'Expected `OTEL_EXPORTER_OTLP_TRACES_HEADERS` to be set, since `arize.headersFrom` is `env`',
    ],
  ])('refuses %s', (_name, options, message) => {
    expect(() => arize(options as ArizeOptions, {})).toThrow(message);
  });

  it.each<[string, TracerConfig]>([
    ['arize', arize({ spaceId: 'c4n4ry', apiKey: 'c4n4ry', headers: { 'x-a': 'c4n4ry' } }, {})],
    ['phoenix', phoenix({ apiKey: 'c4n4ry', headers: { 'x-a': 'c4n4ry' } }, {})],
  ])('wraps what it was given in clear, as %s does', (_name, config) => {
    expect(JSON.stringify(config) + inspect(config, { depth: 9 })).not.toContain('c4n4ry');
  });

  it('offers its headers and endpoints one by one', () => {
    expect(revealHeaders(arizeHeaders('s', 'k'))).toEqual(headers);
    expect(ArizeEndpoint).toEqual({
      us: 'https://otlp.arize.com/v1',
      eu: 'https://otlp.eu-west-1a.arize.com/v1',
    });
  });
});

describe('phoenix', () => {
  it.each<[string, PhoenixOptions, NodeJS.ProcessEnv, object]>([
    [
      'nothing',
      {},
      {},
      {
        exporter: { type: 'otlp-http', url: 'http://localhost:6006/v1/traces' },
        project: 'default',
        attributeCountLimit: 10_000,
      },
    ],
    ['gRPC', { transport: 'grpc' }, {}, { exporter: { type: 'otlp-grpc', url: 'http://localhost:4317' } }],
    [
      'gRPC at the port of the environment',
      { transport: 'grpc' },
      { PHOENIX_GRPC_PORT: '1' },
      { exporter: { url: 'http://localhost:1' } },
    ],
    [
      'gRPC by its port',
      { endpoint: 'http://phoenix:4317' },
      {},
      { exporter: { type: 'otlp-grpc', url: 'http://phoenix:4317' } },
    ],
    [
      'the cloud',
      {
        endpoint: 'https://app.phoenix.arize.com/s/me',
        apiKey: 'k',
        projectName: 'p',
        headers: { 'x-a': '1' },
      },
      { PHOENIX_API_KEY: 'x', PHOENIX_PROJECT: 'y', PHOENIX_CLIENT_HEADERS: 'x-b=2' },
      {
        exporter: {
          type: 'otlp-http',
          url: 'https://app.phoenix.arize.com/s/me/v1/traces',
          headers: { authorization: 'Bearer k', 'x-a': '1' },
        },
        project: 'p',
      },
    ],
  ])('%s', (_name, options, env, expected) => {
    expect(resolve(phoenix(options, env))).toMatchObject(expected);
  });

  it('refuses an endpoint without a scheme', () => {
    expect(() => phoenix({ endpoint: 'localhost:6006' }, {})).toThrow(
      'Expected `phoenix.endpoint` to be an address',
    );
  });

  it('refuses a variable without a scheme', () => {
    expect(() => phoenix({}, { PHOENIX_COLLECTOR_ENDPOINT: 'localhost:6006' })).toThrow(
      'Expected `PHOENIX_COLLECTOR_ENDPOINT` to be',
    );
  });
});

describe('a collector endpoint is completed', () => {
  it.each([
    ['http://localhost:6006', 'http://localhost:6006/v1/traces'],
    ['http://localhost:6006/', 'http://localhost:6006/v1/traces'],
    ['https://otlp.arize.com/v1', 'https://otlp.arize.com/v1/traces'],
    ['https://host/s/me', 'https://host/s/me/v1/traces'],
    ['https://host/s/me/v1/traces', 'https://host/s/me/v1/traces'],
    ['https://host/v1/traces/', 'https://host/v1/traces'],
    ['https://host/a?b=1', 'https://host/a/v1/traces?b=1'],
  ])('%s', (address, expected) => {
    expect(ensureCollectorEndpoint(address)).toBe(expected);
  });

  it('needs a scheme', () => {
    expect(() => ensureCollectorEndpoint('localhost:6006')).toThrow('Expected `endpoint` to be an address');
  });
});

describe('tuning', () => {
  it.each([
    ['production', 0.1],
    ['staging', 0.5],
    ['development', 1],
  ])('samples %s at %d', (name, sampler) => {
    expect(selectEnvironment(samplingByEnvironment, { APP_ENV: name })).toEqual({ sampler });
  });

  it.each<[string, TracerConfig, object]>([
    [
      'high throughput',
      highThroughput,
      {
        sampler: 0.01,
        batch: {
          maxQueueSize: 65_536,
          maxExportBatchSize: 1_024,
          scheduledDelayMillis: 1_000,
          exportTimeoutMillis: 10_000,
        },
      },
    ],
    [
      'little memory',
      memoryConstrained,
      { sampler: 0.05, batch: { maxQueueSize: 512, maxExportBatchSize: 128 } },
    ],
  ])('for %s is a valid configuration', (_name, config, expected) => {
    expect(resolveTracerConfig({ service: { name: 'a' }, ...config }, {}, { warn: () => {} })).toMatchObject(
      expected,
    );
  });
});
