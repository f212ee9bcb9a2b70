import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  propagatorsFromEnv,
  selectEnvironment,
  tracerConfigFromEnv,
} from '../../src/config/environment/environment.js';
import { resolveTracerConfig } from '../../src/config/resolve-config.js';
import { reveal } from '../../src/config/secret.js';
import type { TracerConfig } from '../../src/config/tracer-config.js';
import { TelemetryConfigError } from '../../src/errors.js';

/** The configuration with its credentials in clear, for comparison. */
function read(env: NodeJS.ProcessEnv, prefix?: string) {
  const warnings: string[] = [];
  const before = structuredClone(env);
  const config = tracerConfigFromEnv(env, {
    warn: (message) => warnings.push(message),
    ...(prefix === undefined ? {} : { prefix }),
  });
  expect(env).toStrictEqual(before);
  return { config: inClear(config), warnings };
}

function inClear(config: TracerConfig): unknown {
  const { exporter } = config;
  if (exporter === undefined || !('headers' in exporter)) return config;
  const headers = Object.entries(exporter.headers).map(([name, value]) => [name, reveal(value)]);
  return { ...config, exporter: { ...exporter, headers: Object.fromEntries(headers) } };
}

describe('the standard variables', () => {
  it.each<[string, NodeJS.ProcessEnv, TracerConfig]>([
    ['none', {}, {}],
    ['empty ones', { OTEL_SERVICE_NAME: '', OTEL_TRACES_EXPORTER: ' ', OTEL_EXPORTER_OTLP_ENDPOINT: '' }, {}],
    ['the service name', { OTEL_SERVICE_NAME: 'orders' }, { service: { name: 'orders' } }],
    [
      'resource attributes, percent-decoded',
      {
        OTEL_RESOURCE_ATTRIBUTES:
          'service.name=a%20b,service.version=1, team = x=y ,deployment.environment.name=eu%2Cprod,empty=',
      },
      {
        service: { name: 'a b', version: '1', environment: 'eu,prod' },
        resourceAttributes: { team: 'x=y', empty: '' },
      },
    ],
    ['telemetry off', { OTEL_SDK_DISABLED: 'TRUE' }, { enabled: false }],
    ['telemetry not off', { OTEL_SDK_DISABLED: 'false' }, {}],
    [
      'an always-on sampler',
      { OTEL_TRACES_SAMPLER: 'always_on' },
      { sampler: { type: 'always-on', parentBased: false } },
    ],
    [
      'a parent-based sampler',
      { OTEL_TRACES_SAMPLER: 'parentbased_always_off' },
      { sampler: { type: 'always-off', parentBased: true } },
    ],
    [
      'a ratio sampler',
      { OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.25' },
      { sampler: { type: 'ratio', ratio: 0.25, parentBased: true } },
    ],
    [
      'a ratio sampler without ratio',
      { OTEL_TRACES_SAMPLER: 'traceidratio' },
      { sampler: { type: 'ratio', ratio: 1, parentBased: false } },
    ],
    [
      'batching',
      {
        OTEL_BSP_SCHEDULE_DELAY: '100',
        OTEL_BSP_EXPORT_TIMEOUT: '200',
        OTEL_BSP_MAX_QUEUE_SIZE: '30',
        OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '4',
      },
      {
        batch: {
          scheduledDelayMillis: 100,
          exportTimeoutMillis: 200,
          maxQueueSize: 30,
          maxExportBatchSize: 4,
        },
      },
    ],
    [
      'limits, those of spans over those of everything',
      {
        OTEL_ATTRIBUTE_COUNT_LIMIT: '1',
        OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT: '2',
        OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT: '3',
        OTEL_SPAN_EVENT_COUNT_LIMIT: '4',
        OTEL_SPAN_LINK_COUNT_LIMIT: '5',
        OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT: '6',
        OTEL_LINK_ATTRIBUTE_COUNT_LIMIT: '0',
      },
      {
        spanLimits: {
          attributeCountLimit: 2,
          attributeValueLengthLimit: 3,
          eventCountLimit: 4,
          linkCountLimit: 5,
          attributePerEventCountLimit: 6,
          attributePerLinkCountLimit: 0,
        },
      },
    ],
    ['the console', { OTEL_TRACES_EXPORTER: 'console' }, { exporter: { type: 'console' } }],
    [
      'OTLP on standard output',
      { OTEL_TRACES_EXPORTER: 'otlp/stdout' },
      { exporter: { type: 'console', format: 'json' } },
    ],
    ['none among others', { OTEL_TRACES_EXPORTER: 'otlp,none' }, { exporter: { type: 'none' } }],
    [
      'several, each once',
      { OTEL_TRACES_EXPORTER: 'otlp, console,otlp' },
      { exporter: [{ type: 'otlp-grpc' }, { type: 'console' }] },
    ],
    [
      'Zipkin',
      { OTEL_TRACES_EXPORTER: 'zipkin', OTEL_EXPORTER_ZIPKIN_ENDPOINT: 'http://z:9411/api/v2/spans' },
      { exporter: { type: 'zipkin', url: 'http://z:9411/api/v2/spans' } },
    ],
    ['OTLP', { OTEL_TRACES_EXPORTER: 'otlp' }, { exporter: { type: 'otlp-grpc' } }],
    [
      'OTLP by its port',
      { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://jaeger:4317' },
      { exporter: { type: 'otlp-grpc', url: 'http://jaeger:4317' } },
    ],
    [
      'OTLP by its other port',
      { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4318' },
      { exporter: { type: 'otlp-http', url: 'http://c:4318/v1/traces' } },
    ],
    [
      'OTLP at any port',
      { OTEL_EXPORTER_OTLP_ENDPOINT: 'https://otlp.example.com/base/' },
      { exporter: { type: 'otlp-http', url: 'https://otlp.example.com/base/v1/traces' } },
    ],
    [
      'OTLP for traces alone, as it is',
      {
        OTEL_EXPORTER_OTLP_ENDPOINT: 'http://x:4317',
        OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://c:4318/my/path',
      },
      { exporter: { type: 'otlp-http', url: 'http://c:4318/my/path' } },
    ],
    [
      'OTLP for traces alone at the root',
      { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://c:4318' },
      { exporter: { type: 'otlp-http', url: 'http://c:4318/' } },
    ],
    [
      'OTLP by protocol',
      { OTEL_EXPORTER_OTLP_ENDPOINT: 'https://c:443/otlp', OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' },
      { exporter: { type: 'otlp-grpc', url: 'https://c' } },
    ],
    [
      'OTLP by the protocol for traces',
      { OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc', OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'http/json' },
      { exporter: { type: 'otlp-http-json' } },
    ],
    [
      'OTLP headers, decoded and merged by name',
      {
        OTEL_EXPORTER_OTLP_HEADERS: 'Authorization=Basic%20abc==,x-a=1',
        OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'X-A=2%2C3,x-raw=50%',
      },
      {
        exporter: {
          type: 'otlp-grpc',
          headers: { authorization: 'Basic abc==', 'x-a': '2,3', 'x-raw': '50%' },
        },
      },
    ],
    [
      'OTLP timeout and compression',
      {
        OTEL_EXPORTER_OTLP_TIMEOUT: '1',
        OTEL_EXPORTER_OTLP_TRACES_TIMEOUT: '2',
        OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip',
      },
      { exporter: { type: 'otlp-grpc', timeoutMillis: 2, compression: 'gzip' } },
    ],
    [
      'metrics alone',
      {
        OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: 'http://m:4317',
        OTEL_METRICS_EXPORTER: 'otlp',
        OTEL_LOG_LEVEL: 'debug',
      },
      {},
    ],
  ])('%s', (_name, env, config) => {
    expect(read(env)).toEqual({ config, warnings: [] });
  });

  it('reads certificates from files', () => {
    const folder = mkdtempSync(join(tmpdir(), 'telemetry-'));
    const pem = (name: string): string => {
      writeFileSync(join(folder, name), `-----BEGIN ${name}-----`);
      return join(folder, name);
    };
    const { exporter } = tracerConfigFromEnv({
      OTEL_EXPORTER_OTLP_CERTIFICATE: pem('CA'),
      OTEL_EXPORTER_OTLP_TRACES_CLIENT_CERTIFICATE: pem('CERT'),
      OTEL_EXPORTER_OTLP_CLIENT_KEY: pem('KEY'),
    });
    const [resolved] = resolveTracerConfig(
      { service: { name: 'a' }, exporter: exporter! },
      {},
      { warn: () => {} },
    ).exporters;
    expect(resolved).toMatchObject({
      tls: { ca: '-----BEGIN CA-----', cert: '-----BEGIN CERT-----', key: '-----BEGIN KEY-----' },
    });
    expect(JSON.stringify(exporter)).not.toContain('KEY-----');
  });
});

describe("the originals' variables", () => {
  const arize = (headers: object, project: object) => ({
    exporter: { type: 'otlp-grpc', url: 'https://otlp.arize.com', headers },
    resourceAttributes: project,
    spanLimits: { attributeCountLimit: 10_000 },
    genai: { conventions: 'both' },
  });
  const arizeHeaders = (space: string, key: string) => ({
    authorization: key,
    'arize-space-id': space,
    api_key: key,
    space_id: space,
    'arize-interface': 'otel',
  });
  const projects = (project: string, model = project) => ({
    'openinference.project.name': project,
    model_id: model,
  });

  it.each<[string, NodeJS.ProcessEnv, object]>([
    ['a sample rate', { OTEL_SAMPLE_RATE: '0.1' }, { sampler: 0.1 }],
    ['debug events', { DEBUG_TRACING: 'ON' }, { debugEvents: true }],
    ['no debug events', { DEBUG_TRACING: 'false' }, { debugEvents: false }],
    [
      'hidden inputs and outputs',
      { OPENINFERENCE_HIDE_INPUTS: 'true', OPENINFERENCE_HIDE_OUTPUTS: '0' },
      { masking: { hideInputs: true, hideOutputs: false } },
    ],
    ['tracing off', { OTEL_TRACING_ENABLED: 'False' }, { enabled: false }],
    ['telemetry off', { TELEMETRY_ENABLED: '0' }, { enabled: false }],
    ['telemetry on', { TELEMETRY_ENABLED: 'yes' }, { enabled: true }],
    [
      'the environment',
      { OTEL_ENVIRONMENT: 'a', ENVIRONMENT: 'b', APP_ENV: 'c', NODE_ENV: 'd' },
      { service: { environment: 'a' } },
    ],
    [
      'a general environment',
      { ENVIRONMENT: 'b', APP_ENV: 'c', NODE_ENV: 'd' },
      { service: { environment: 'b' } },
    ],
    ['the application environment', { APP_ENV: 'c', NODE_ENV: 'd' }, { service: { environment: 'c' } }],
    ["Node's environment", { NODE_ENV: 'd' }, { service: { environment: 'd' } }],
    [
      'a general environment behind a resource attribute',
      { ENVIRONMENT: 'b', OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=z' },
      { service: { environment: 'z' } },
    ],
    ['type console', { OTEL_EXPORTER_TYPE: 'Console' }, { exporter: { type: 'console' } }],
    [
      'type otlp',
      { OTEL_EXPORTER_TYPE: 'otlp', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://otel-collector:4317' },
      { exporter: { type: 'otlp-grpc', url: 'http://otel-collector:4317' } },
    ],
    [
      'type otlp-http',
      { OTEL_EXPORTER_TYPE: 'otlp-http', OTEL_EXPORTER_ENDPOINT: 'http://c:4318/v1/traces' },
      { exporter: { type: 'otlp-http', url: 'http://c:4318/v1/traces' } },
    ],
    [
      'an endpoint alone',
      { OTEL_EXPORTER_ENDPOINT: 'http://c:4317' },
      { exporter: { type: 'otlp-grpc', url: 'http://c:4317' } },
    ],
    [
      'type jaeger',
      { OTEL_EXPORTER_TYPE: 'jaeger', OTEL_EXPORTER_JAEGER_AGENT_HOST: 'jaeger' },
      { exporter: { type: 'jaeger', host: 'jaeger' } },
    ],
    [
      'type jaeger at an OTLP port',
      {
        OTEL_EXPORTER_TYPE: 'jaeger',
        OTEL_EXPORTER_JAEGER_AGENT_HOST: 'j',
        OTEL_EXPORTER_JAEGER_AGENT_PORT: '14317',
      },
      { exporter: { type: 'jaeger', host: 'j', url: 'http://j:14317' } },
    ],
    [
      'type jaeger by its old collector',
      { OTEL_EXPORTER_TYPE: 'jaeger', OTEL_EXPORTER_JAEGER_ENDPOINT: 'http://j:14268/api/traces' },
      { exporter: { type: 'jaeger', host: 'j' } },
    ],
    [
      'type zipkin',
      { OTEL_EXPORTER_TYPE: 'zipkin', OTEL_EXPORTER_ZIPKIN_ENDPOINT: 'http://z:1/x' },
      { exporter: { type: 'zipkin', url: 'http://z:1/x' } },
    ],
    [
      'type none',
      { OTEL_EXPORTER_TYPE: 'none', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://for-metrics:4317' },
      { exporter: { type: 'none' } },
    ],
    [
      'Arize',
      { ARIZE_SPACE_ID: ' s ', ARIZE_API_KEY: 'k' },
      arize(arizeHeaders('s', 'k'), projects('default')),
    ],
    [
      'an Arize project',
      { ARIZE_SPACE_ID: 's', ARIZE_API_KEY: 'k', ARIZE_PROJECT_NAME: 'p', ARIZE_MODEL_ID: 'm' },
      arize(arizeHeaders('s', 'k'), projects('p', 'm')),
    ],
    [
      'an Arize collector',
      { ARIZE_SPACE_ID: 's', ARIZE_API_KEY: 'k', ARIZE_COLLECTOR_ENDPOINT: 'http://c:1/v1' },
      {
        ...arize({}, projects('default')),
        exporter: { type: 'otlp-grpc', url: 'http://c:1', headers: arizeHeaders('s', 'k') },
      },
    ],
    [
      'Arize with a limit of attributes',
      { ARIZE_SPACE_ID: 's', ARIZE_API_KEY: 'k', OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT: '9' },
      { ...arize(arizeHeaders('s', 'k'), projects('default')), spanLimits: { attributeCountLimit: 9 } },
    ],
    [
      'production before plain names',
      {
        APP_ENV: 'production',
        PROD_ARIZE_SPACE_ID: 'ps',
        PROD_ARIZE_API_KEY: 'pk',
        ARIZE_SPACE_ID: 's',
        ARIZE_API_KEY: 'k',
        ARIZE_MODEL_ID: 'production_model',
      },
      {
        ...arize(arizeHeaders('ps', 'pk'), projects('production_model')),
        service: { environment: 'production' },
      },
    ],
    [
      'staging',
      { APP_ENV: 'stage', STAGING_ARIZE_SPACE_ID: 's', STAGING_ARIZE_API_KEY: 'k' },
      { ...arize(arizeHeaders('s', 'k'), projects('default')), service: { environment: 'stage' } },
    ],
    [
      'development when nothing says otherwise',
      { DEV_ARIZE_SPACE_ID: 's', DEV_ARIZE_API_KEY: 'k', PROD_ARIZE_API_KEY: 'x' },
      arize(arizeHeaders('s', 'k'), projects('default')),
    ],
    [
      'Phoenix',
      {
        PHOENIX_COLLECTOR_ENDPOINT: 'https://app.phoenix.arize.com/s/me',
        PHOENIX_API_KEY: 'k',
        PHOENIX_PROJECT_NAME: 'p',
        PHOENIX_CLIENT_HEADERS: 'x-a=1',
      },
      {
        exporter: {
          type: 'otlp-http',
          url: 'https://app.phoenix.arize.com/s/me/v1/traces',
          headers: { authorization: 'Bearer k', 'x-a': '1' },
        },
        resourceAttributes: { 'openinference.project.name': 'p' },
        spanLimits: { attributeCountLimit: 10_000 },
        genai: { conventions: 'both' },
      },
    ],
    [
      'Phoenix over gRPC',
      { PHOENIX_COLLECTOR_ENDPOINT: 'http://phoenix:14317', PHOENIX_GRPC_PORT: '14317' },
      {
        exporter: { type: 'otlp-grpc', url: 'http://phoenix:14317' },
        resourceAttributes: { 'openinference.project.name': 'default' },
        spanLimits: { attributeCountLimit: 10_000 },
        genai: { conventions: 'both' },
      },
    ],
  ])('%s', (_name, env, config) => {
    expect(read(env)).toEqual({ config, warnings: [] });
  });
});

describe('a variable that nothing reads, that contradicts another or that cannot be parsed is warned of', () => {
  it.each<[string, NodeJS.ProcessEnv, RegExp[]]>([
    [
      'a misspelt one',
      { OTEL_EXPORTER_OTLP_ENDPIONT: 'http://x' },
      [/^OTEL_EXPORTER_OTLP_ENDPIONT is not read: did you mean OTEL_EXPORTER_OTLP_ENDPOINT\?$/],
    ],
    [
      'a misspelt one of Arize',
      { ARIZE_SPACEID: 's' },
      [/^ARIZE_SPACEID is not read: did you mean ARIZE_SPACE_ID\?/],
    ],
    [
      'an unknown one',
      { OTEL_FOO_BAR_BAZ: '1' },
      [/^OTEL_FOO_BAR_BAZ is not read: nothing here knows it\.$/],
    ],
    [
      'one that is not supported',
      { OTEL_CONFIG_FILE: 'a.yaml' },
      [/declarative configuration files are not supported/],
    ],
    [
      'ones of other tools',
      {
        PHOENIX_PORT: '6006',
        ARIZE_CLIENT_ID: 'x',
        OTEL_PYTHON_ID_GENERATOR: 'x',
        OTEL_SEMCONV_STABILITY_OPT_IN: 'http',
        OTEL_METRIC_EXPORT_INTERVAL: '1',
        OTEL_PROPAGATORS: 'b3',
        DEBUG_TRACING: '1',
      },
      [],
    ],
    [
      'a ratio without its sampler',
      { OTEL_TRACES_SAMPLER_ARG: '0.5' },
      [/^OTEL_TRACES_SAMPLER_ARG is not read: it needs/],
    ],
    [
      'two sampling rates',
      { OTEL_SAMPLE_RATE: '0.5', OTEL_TRACES_SAMPLER: 'always_on' },
      [/^OTEL_TRACES_SAMPLER is not read: OTEL_SAMPLE_RATE wins\.$/],
    ],
    [
      'two exporters',
      { OTEL_EXPORTER_TYPE: 'console', OTEL_TRACES_EXPORTER: 'otlp' },
      [/^OTEL_TRACES_EXPORTER is not read: OTEL_EXPORTER_TYPE wins\.$/],
    ],
    [
      'an endpoint of another exporter',
      { OTEL_TRACES_EXPORTER: 'console', OTEL_EXPORTER_ZIPKIN_ENDPOINT: 'http://z' },
      [/^OTEL_EXPORTER_ZIPKIN_ENDPOINT is not read: the exporter that is chosen does not use it\.$/],
    ],
    [
      'an OTLP endpoint beside Arize',
      { ARIZE_SPACE_ID: 's', ARIZE_API_KEY: 'k', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://x:4317' },
      [/^OTEL_EXPORTER_OTLP_ENDPOINT is not read/],
    ],
    [
      'two names of a service',
      { OTEL_SERVICE_NAME: 'a', OTEL_RESOURCE_ATTRIBUTES: 'service.name=b' },
      [/^OTEL_SERVICE_NAME wins over the `service.name` of OTEL_RESOURCE_ATTRIBUTES/],
    ],
    [
      'on and off',
      { TELEMETRY_ENABLED: 'true', OTEL_SDK_DISABLED: 'true' },
      [/^TELEMETRY_ENABLED says on and another variable says off; telemetry stays off\.$/],
    ],
    [
      'a number that is none',
      { OTEL_BSP_MAX_QUEUE_SIZE: 'many' },
      [/^OTEL_BSP_MAX_QUEUE_SIZE is ignored: expected a positive whole number, got `many`\.$/],
    ],
    [
      'a ratio of 1.5',
      { OTEL_SAMPLE_RATE: '1.5' },
      [/^OTEL_SAMPLE_RATE is ignored: expected a number from 0 to 1, got `1.5`\.$/],
    ],
    [
      'an unknown sampler',
      { OTEL_TRACES_SAMPLER: 'jaeger_remote' },
      [/^OTEL_TRACES_SAMPLER is ignored: expected one of always_on, /],
    ],
    [
      'an unknown protocol',
      { OTEL_EXPORTER_OTLP_PROTOCOL: 'http' },
      [
        /^OTEL_EXPORTER_OTLP_PROTOCOL is ignored: expected one of grpc, http\/protobuf, http\/json, got `http`\.$/,
      ],
    ],
    [
      'an unknown exporter in a list',
      { OTEL_TRACES_EXPORTER: 'xray,console' },
      [/^OTEL_TRACES_EXPORTER names `xray`, which does not exist here; known: otlp, console,/],
    ],
    [
      'another port than the protocol has',
      { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://x:4318', OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' },
      [/^The OTLP protocol is grpc, and port 4318 is by convention for HTTP\./],
    ],
    [
      'a malformed resource',
      { OTEL_RESOURCE_ATTRIBUTES: 'a=1,b' },
      [/^OTEL_RESOURCE_ATTRIBUTES is ignored: `b` is no `key=value`/],
    ],
    [
      'an undecodable resource',
      { OTEL_RESOURCE_ATTRIBUTES: 'a=100%' },
      [/^OTEL_RESOURCE_ATTRIBUTES is ignored: `a` is no/],
    ],
    [
      'the port of the old agent',
      { OTEL_EXPORTER_TYPE: 'jaeger', OTEL_EXPORTER_JAEGER_AGENT_PORT: '6831' },
      [
        /^OTEL_EXPORTER_JAEGER_AGENT_PORT is ignored: `6831` is a port of the agent that Jaeger no longer has; spans go to its OTLP port, 4317\.$/,
      ],
    ],
    [
      'the insecure flag',
      { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://x:4317', OTEL_EXPORTER_OTLP_INSECURE: 'true' },
      [/^OTEL_EXPORTER_OTLP_INSECURE is not read: the address's scheme decides/],
    ],
    [
      'a base address with the path of traces',
      { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4318/v1/traces' },
      [/^OTEL_EXPORTER_OTLP_ENDPOINT is a base address/],
    ],
    [
      'a batch larger than its queue',
      { OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '9', OTEL_BSP_MAX_QUEUE_SIZE: '5' },
      [/batches are cut to 5 spans\.$/],
    ],
    [
      'two Phoenix projects',
      { PHOENIX_API_KEY: 'k', PHOENIX_PROJECT: 'a', PHOENIX_PROJECT_NAME: 'b' },
      [/PHOENIX_PROJECT wins/],
    ],
  ])('%s', (_name, env, warnings) => {
    expect(read(env).warnings).toEqual(warnings.map((warning) => expect.stringMatching(warning)));
  });
});

describe('a variable that cannot work is an error that names it', () => {
  it.each<[string, NodeJS.ProcessEnv, string, RegExp]>([
    [
      'an address without a scheme',
      { OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4317' },
      'OTEL_EXPORTER_OTLP_ENDPOINT',
      /Write `http:\/\/collector:4317`/,
    ],
    [
      'an exporter type that does not exist',
      { OTEL_EXPORTER_TYPE: 'jeager' },
      'OTEL_EXPORTER_TYPE',
      /Did you mean `jaeger`\?/,
    ],
    ['a space without a key', { ARIZE_SPACE_ID: 's' }, 'ARIZE_API_KEY', /set together with ARIZE_SPACE_ID/],
    [
      'a key without a space',
      { PROD_ARIZE_API_KEY: 'c4n4ry', NODE_ENV: 'production' },
      'ARIZE_SPACE_ID',
      /set together with PROD_ARIZE_API_KEY/,
    ],
    [
      'a key in quotes',
      { ARIZE_SPACE_ID: 's', ARIZE_API_KEY: '"c4n4ry"' },
      'ARIZE_API_KEY',
      /Remove the spaces or quotes/,
    ],
    [
      'headers that are none',
      { OTEL_EXPORTER_OTLP_HEADERS: 'c4n4ry' },
      'OTEL_EXPORTER_OTLP_HEADERS',
      /name1=value1/,
    ],
    [
      'a header value in quotes',
      { OTEL_EXPORTER_OTLP_HEADERS: 'a="c4n4ry"' },
      'OTEL_EXPORTER_OTLP_HEADERS.a',
      /quotes/,
    ],
    [
      'a certificate that is not there',
      { OTEL_EXPORTER_OTLP_CERTIFICATE: '/nowhere/ca.pem' },
      'OTEL_EXPORTER_OTLP_CERTIFICATE',
      /got `\/nowhere\/ca.pem`/,
    ],
    [
      'a certificate that is none',
      { OTEL_EXPORTER_OTLP_CERTIFICATE: 'package.json' },
      'OTEL_EXPORTER_OTLP_CERTIFICATE',
      /Convert the file to PEM/,
    ],
  ])('%s', (_name, env, path, message) => {
    let error: unknown;
    try {
      tracerConfigFromEnv(env);
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(TelemetryConfigError);
    expect(error).toMatchObject({ path, message: expect.stringMatching(message) });
    expect((error as Error).message).not.toContain('c4n4ry');
  });

  it('does not matter while telemetry is off', () => {
    const env = { OTEL_SDK_DISABLED: 'true', OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4317' };
    expect(resolveTracerConfig({}, env, { warn: () => {} })).toMatchObject({
      enabled: false,
      exporters: [{ type: 'none' }],
    });
    expect(() =>
      resolveTracerConfig({ enabled: true, service: { name: 'a' } }, env, { warn: () => {} }),
    ).toThrow(/OTEL_EXPORTER_OTLP_ENDPOINT/);
  });
});

describe('precedence', () => {
  const resolve = (config: TracerConfig, env: NodeJS.ProcessEnv) =>
    resolveTracerConfig(config, env, { warn: () => {} });

  it('is code, then own variables, then standard ones, then the default', () => {
    const standard = { OTEL_TRACES_SAMPLER: 'always_off', OTEL_SERVICE_NAME: 'env' };
    expect(resolve({}, { OTEL_SERVICE_NAME: 'env' }).sampler).toBe(1);
    expect(resolve({}, standard).sampler).toEqual({ type: 'always-off', parentBased: false });
    expect(resolve({}, { ...standard, OTEL_SAMPLE_RATE: '0.5' }).sampler).toBe(0.5);
    expect(resolve({ sampler: 0.25 }, { ...standard, OTEL_SAMPLE_RATE: '0.5' }).sampler).toBe(0.25);
  });

  it('is decided option by option within a section', () => {
    const env = {
      OTEL_SERVICE_NAME: 'env',
      OTEL_RESOURCE_ATTRIBUTES: 'service.version=1,team=a,region=x',
      OTEL_BSP_MAX_QUEUE_SIZE: '9',
      OTEL_BSP_SCHEDULE_DELAY: '7',
    };
    const resolved = resolve(
      { service: { name: 'code' }, resourceAttributes: { team: 'b' }, batch: { maxQueueSize: 5 } },
      env,
    );
    expect(resolved.resourceAttributes).toMatchObject({
      'service.name': 'code',
      'service.version': '1',
      team: 'b',
      region: 'x',
    });
    expect(resolved.batch).toMatchObject({ maxQueueSize: 5, scheduledDelayMillis: 7 });
  });

  it('of a prefix comes before plain names', () => {
    const env = {
      OTEL_SERVICE_NAME: 'orders',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://a:4317',
      BILLING_OTEL_SERVICE_NAME: 'billing',
      BILLING_OTEL_EXPORTER_OTLP_HEADERS: 'k=1',
    };
    expect(read(env, 'BILLING_')).toEqual({
      config: {
        service: { name: 'billing' },
        exporter: { type: 'otlp-grpc', url: 'http://a:4317', headers: { k: '1' } },
      },
      warnings: [],
    });
    expect(read(env)).toMatchObject({ config: { service: { name: 'orders' } }, warnings: [] });
  });
});

describe('propagators', () => {
  it.each<[string, NodeJS.ProcessEnv, readonly string[] | undefined, number]>([
    ['unset', {}, undefined, 0],
    [
      'in order, each once',
      { OTEL_PROPAGATORS: 'b3, tracecontext,b3,baggage' },
      ['b3', 'tracecontext', 'baggage'],
      0,
    ],
    ['none', { OTEL_PROPAGATORS: 'none,b3' }, [], 0],
    ['unknown ones are left out', { OTEL_PROPAGATORS: 'xray,tracecontxt,baggage' }, ['baggage'], 2],
  ])('%s', (_name, env, expected, warnings) => {
    const heard: string[] = [];
    expect(propagatorsFromEnv(env, (message) => heard.push(message))).toEqual(expected);
    expect(heard).toHaveLength(warnings);
  });
});

describe('environments', () => {
  const environments = { production: { sampler: 0.1 }, staging: { sampler: 0.5 }, dev: { sampler: 1 } };
  it.each<[string, NodeJS.ProcessEnv, TracerConfig | undefined]>([
    ['APP_ENV', { APP_ENV: 'staging', NODE_ENV: 'production' }, environments.staging],
    ['NODE_ENV', { NODE_ENV: 'production' }, environments.production],
    ['a short name', { APP_ENV: 'prod' }, environments.production],
    ['a long name for a short one', { APP_ENV: 'development' }, environments.dev],
    ['nothing, which means development', {}, environments.dev],
    ['a name that is missing', { APP_ENV: 'qa' }, undefined],
    ['a name of Object.prototype', { APP_ENV: 'constructor' }, undefined],
  ])('chosen by %s', (_name, env, expected) => {
    const heard: string[] = [];
    expect(selectEnvironment(environments, env, (message) => heard.push(message))).toBe(expected);
    expect(heard).toHaveLength(expected === undefined ? 1 : 0);
  });
});
