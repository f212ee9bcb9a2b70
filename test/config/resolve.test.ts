import { readFileSync } from 'node:fs';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { LIBRARY_NAME, LIBRARY_VERSION } from '../../src/base/library.js';
import { mergeTracerConfig, resolveTracerConfig } from '../../src/config/resolve-config.js';
import { Secret } from '../../src/config/secret.js';
import type { TracerConfig } from '../../src/config/tracer-config.js';

function resolve(config: TracerConfig, env: NodeJS.ProcessEnv = {}) {
  const warnings: string[] = [];
  const resolved = resolveTracerConfig(config, env, { warn: (message) => warnings.push(message) });
  return { ...resolved, warnings };
}

const service = { name: 'orders' };

describe('defaults', () => {
  it('completes the smallest configuration', () => {
    expect(resolve({ service })).toEqual({
      enabled: true,
      service: { name: 'orders', instanceId: expect.stringMatching(/^[0-9a-f-]{36}$/) },
      resourceAttributes: {
        'service.name': 'orders',
        'service.instance.id': expect.stringMatching(/^[0-9a-f-]{36}$/),
        'telemetry.sdk.language': 'nodejs',
        'telemetry.sdk.name': 'opentelemetry',
        'telemetry.sdk.version': '2.12.0',
        'telemetry.distro.name': 'nestjs-telemetry',
        'telemetry.distro.version': LIBRARY_VERSION,
      },
      exporters: [{ type: 'console' }],
      sampler: 1,
      spanProcessors: [],
      spanLimits: {
        attributeCountLimit: 128,
        attributeValueLengthLimit: Infinity,
        eventCountLimit: 128,
        linkCountLimit: 128,
        attributePerEventCountLimit: 128,
        attributePerLinkCountLimit: 128,
      },
      structuredAttributes: true,
      masking: {},
      errorClassifier: undefined,
      includeInputOutput: false,
      console: false,
      debugEvents: false,
      traceLlmCalls: true,
      traceHttpRequests: true,
      workflowPrefix: 'workflow.',
      genai: {
        conventions: 'gen_ai',
        version: 'current',
        prices: {},
        capture: false,
        hide: {},
        base64ImageMaxLength: 32_000,
        maxContentLength: 65_536,
      },
      batch: {
        scheduledDelayMillis: 5_000,
        maxExportBatchSize: 512,
        maxQueueSize: 65_536,
        maxQueueBytes: 67_108_864,
        exportTimeoutMillis: 30_000,
        maxExportBatchBytes: 1_048_576,
        maxConcurrentExports: 4,
        maxRetryMillis: 300_000,
        dropPolicy: 'newest',
      },
      warnings: [],
    });
  });

  it('keeps the instance id across reconfigurations', () => {
    expect(resolve({ service }).service.instanceId).toBe(
      resolve({ service: { name: 'billing' } }).service.instanceId,
    );
  });

  it('names the package and its version as package.json does', () => {
    const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as Record<string, unknown>;
    expect({ name: LIBRARY_NAME, version: LIBRARY_VERSION }).toEqual({
      name: manifest['name'],
      version: manifest['version'],
    });
  });

  it.each<[string, NodeJS.ProcessEnv, object]>([
    ['development', { NODE_ENV: 'development' }, { type: 'console' }],
    ['an unnamed environment', {}, { type: 'console' }],
    ['a test', { NODE_ENV: 'test' }, { type: 'none' }],
    ['a vitest worker', { VITEST: 'true' }, { type: 'none' }],
  ])('in %s, spans go where they help, without a warning', (_name, env, exporter) => {
    expect(resolve({ service }, env)).toMatchObject({ exporters: [exporter], warnings: [] });
  });

  it('in production exports nothing and says so once', () => {
    expect(resolve({ service }, { NODE_ENV: 'production' })).toMatchObject({
      exporters: [{ type: 'none' }],
      warnings: [
        expect.stringMatching(/^No exporter is configured, so spans are created and exported nowhere\./),
      ],
    });
  });

  it.each<[string, TracerConfig]>([
    ['an exporter of type none', { service, exporter: { type: 'none' } }],
    ['an empty list', { service, exporter: [] }],
    ['telemetry that is off', { enabled: false }],
  ])('in production, %s is meant and not warned of', (_name, config) => {
    expect(resolve(config, { NODE_ENV: 'production' }).warnings).toEqual([]);
  });

  it('shrinks the default batch to a smaller queue', () => {
    expect(resolve({ service, batch: { maxQueueSize: 100 } }).batch).toMatchObject({
      maxQueueSize: 100,
      maxExportBatchSize: 100,
    });
  });
});

describe('the service', () => {
  it('must have a name', () => {
    expect(() => resolve({})).toThrow(
      'Expected `service.name` to be a non-empty string, got nothing. Pass `service: { name: … }`, or set OTEL_SERVICE_NAME.',
    );
  });

  it('is unknown only while telemetry is off', () => {
    expect(resolve({}, { OTEL_SDK_DISABLED: 'true' })).toMatchObject({
      enabled: false,
      service: { name: 'unknown_service:node' },
    });
  });

  it('can be switched on in code where the environment says off', () => {
    expect(resolve({ service, enabled: true }, { OTEL_SDK_DISABLED: 'true' }).enabled).toBe(true);
  });

  it('becomes resource attributes, and wins over attributes that say otherwise', () => {
    const { resourceAttributes } = resolve({
      service: {
        name: 'orders',
        version: '1.2.3',
        namespace: 'shop',
        environment: 'staging',
        instanceId: 'pod-1',
      },
      resourceAttributes: {
        'service.name': 'other',
        'deployment.environment.name': 'other',
        'service.criticality': 'high',
      },
    });
    expect(resourceAttributes).toMatchObject({
      'service.name': 'orders',
      'service.version': '1.2.3',
      'service.namespace': 'shop',
      'service.instance.id': 'pod-1',
      'deployment.environment.name': 'staging',
      'service.criticality': 'high',
    });
  });

  it('can be named by attributes alone', () => {
    expect(
      resolve({ resourceAttributes: { 'service.name': 'orders', 'service.version': 2 } }).service,
    ).toMatchObject({
      name: 'orders',
      version: '2',
    });
  });

  it('takes its name from the environment and the rest from code', () => {
    expect(resolve({ service: { version: '3' } }, { OTEL_SERVICE_NAME: 'from-env' }).service).toMatchObject({
      name: 'from-env',
      version: '3',
    });
  });
});

it('writes resource attributes of any type in a way that every exporter keeps', () => {
  const circular: { self?: unknown } = {};
  circular.self = circular;
  const { resourceAttributes } = resolve({
    service,
    resourceAttributes: {
      text: 'a',
      number: 1.5,
      flag: false,
      list: ['a', 'b'],
      empty: [],
      mixed: [1, 'a', null],
      object: { a: { b: 1n } },
      big: 9007199254740993n,
      date: new Date('2026-11-20T00:00:00Z'),
      secret: new Secret('c4n4ry'),
      nothing: null,
      missing: undefined,
      circular,
    },
  });
  expect(resourceAttributes).toMatchObject({
    text: 'a',
    number: 1.5,
    flag: false,
    list: ['a', 'b'],
    empty: [],
    mixed: '[1,"a",null]',
    object: '{"a":{"b":"1"}}',
    big: '9007199254740993',
    secret: '****',
    date: '2026-11-20T00:00:00.000Z',
    circular: '[object Object]',
  });
  expect(resourceAttributes).not.toHaveProperty('nothing');
  expect(resourceAttributes).not.toHaveProperty('missing');
});

describe('exporters', () => {
  const own = { export() {}, shutdown: () => Promise.resolve() };
  it.each<[string, TracerConfig['exporter'], object[]]>([
    [
      'gRPC',
      { type: 'otlp-grpc' },
      [{ type: 'otlp-grpc', url: 'http://localhost:4317', timeoutMillis: 10_000, compression: 'none' }],
    ],
    [
      'HTTP',
      { type: 'otlp-http' },
      [
        {
          type: 'otlp-http',
          url: 'http://localhost:4318/v1/traces',
          timeoutMillis: 10_000,
          compression: 'none',
        },
      ],
    ],
    [
      'HTTP at an address without a path',
      { type: 'otlp-http-json', url: 'https://x:4318', timeoutMillis: 5, compression: 'gzip' },
      [{ type: 'otlp-http-json', url: 'https://x:4318/v1/traces', timeoutMillis: 5, compression: 'gzip' }],
    ],
    [
      'HTTP at an address with a path',
      { type: 'otlp-http', url: 'https://x/otlp/v1/traces?a=1' },
      [
        {
          type: 'otlp-http',
          url: 'https://x/otlp/v1/traces?a=1',
          timeoutMillis: 10_000,
          compression: 'none',
        },
      ],
    ],
    [
      'Jaeger',
      { type: 'jaeger', host: 'jaeger' },
      [{ type: 'jaeger', host: 'jaeger', url: 'http://jaeger:4317', timeoutMillis: 10_000 }],
    ],
    ['several', [own, { type: 'memory' }], [own, { type: 'memory' }]],
  ])('%s is completed', (_name, exporter, expected) => {
    expect(resolve({ service, exporter: exporter! })).toMatchObject({ exporters: expected, warnings: [] });
  });

  it('leaves an exporter built by the user as it is', () => {
    expect(resolve({ service, exporter: own }).exporters[0]).toBe(own);
  });

  it('is given one export at a time if the user built it, unless told otherwise', () => {
    expect(resolve({ service, exporter: [own, { type: 'otlp-grpc' }] }).batch.maxConcurrentExports).toBe(1);
    expect(
      resolve({ service, exporter: own, batch: { maxConcurrentExports: 3 } }).batch.maxConcurrentExports,
    ).toBe(3);
  });

  it.each([
    ['http://jaeger:14268/api/traces', 'Port 14268 is for Thrift over HTTP.', 'http://jaeger:4317'],
    ['http://jaeger:14250', "Port 14250 is for Jaeger's own gRPC.", 'http://jaeger:4317'],
    ['http://u:s3cret@jaeger:6831', 'Port 6831 is for the agent that is gone.', 'http://jaeger:4317'],
    ['http://jaeger:16686', "Port 16686 is for Jaeger's user interface.", 'http://jaeger:4317'],
    ['https://jaeger:4318', 'Port 4318 is for OTLP over HTTP.', 'https://jaeger:4318/v1/traces'],
    ['http://jaeger:4317/v1/traces', 'gRPC has no paths.', 'http://jaeger:4318/v1/traces'],
  ])('refuses %s for Jaeger, and names the right address', (url, why, right) => {
    let message = '';
    try {
      resolve({ service, exporter: { type: 'jaeger', url } });
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message).toContain('Expected `exporter.url` to be the address of Jaeger');
    expect(message).toContain(why);
    expect(message).toContain(right);
    expect(message).not.toContain('s3cret');
  });

  it('says that gRPC has no paths', () => {
    expect(
      resolve({ service, exporter: { type: 'otlp-grpc', url: 'https://otlp.example.com/v1' } }),
    ).toMatchObject({
      exporters: [{ url: 'https://otlp.example.com' }],
      warnings: ["gRPC has no paths: `/v1` of an exporter's url is ignored."],
    });
  });

  it('reveals credentials to whoever builds, and shows them to nobody', () => {
    const [exporter] = resolve({
      service,
      exporter: { type: 'otlp-grpc', headers: { 'api-key': new Secret('c4n4ry'), b: 'c4n4ry' } },
    }).exporters;
    expect(exporter).toMatchObject({ headers: { 'api-key': 'c4n4ry', b: 'c4n4ry' } });
    expect(inspect(exporter, { depth: 9 })).not.toContain('c4n4ry');
  });

  it('given in code, reads no OTEL_EXPORTER_* variable', () => {
    const env = {
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://elsewhere:4317',
      OTEL_EXPORTER_OTLP_HEADERS: 'api-key=leak',
      OTEL_EXPORTER_OTLP_TIMEOUT: '1',
      OTEL_TRACES_EXPORTER: 'nonsense',
      ARIZE_API_KEY: 'half a pair',
    };
    expect(resolve({ service, exporter: { type: 'otlp-grpc' } }, env).exporters).toEqual([
      { type: 'otlp-grpc', url: 'http://localhost:4317', timeoutMillis: 10_000, compression: 'none' },
    ]);
  });
});

describe('a change over a configuration', () => {
  const current: TracerConfig = {
    service: { name: 'orders', version: '1' },
    resourceAttributes: { team: 'a', region: 'x' },
    exporter: { type: 'otlp-grpc', url: 'http://x:4317' },
    sampler: { type: 'ratio', ratio: 0.5 },
    batch: { maxQueueSize: 10 },
    masking: { keys: ['a'], hideInputs: true },
  };

  it.each<[string, TracerConfig, TracerConfig]>([
    [
      'completes sections',
      { service: { name: 'billing' }, resourceAttributes: { team: 'b' }, batch: { maxExportBatchSize: 5 } },
      {
        ...current,
        service: { name: 'billing', version: '1' },
        resourceAttributes: { team: 'b', region: 'x' },
        batch: { maxQueueSize: 10, maxExportBatchSize: 5 },
      },
    ],
    [
      'replaces the exporter',
      { exporter: { type: 'console' } },
      { ...current, exporter: { type: 'console' } },
    ],
    [
      'replaces the sampler',
      { sampler: { type: 'always-on' } },
      { ...current, sampler: { type: 'always-on' } },
    ],
    [
      'replaces lists inside a section',
      { masking: { keys: ['b'] } },
      { ...current, masking: { keys: ['b'], hideInputs: true } },
    ],
    [
      'keeps what is undefined',
      { sampler: undefined, service: { version: undefined } } as unknown as TracerConfig,
      current,
    ],
  ])('%s', (_name, change, expected) => {
    const before = structuredClone(current);
    expect(mergeTracerConfig(current, change)).toStrictEqual(expected);
    expect(current).toStrictEqual(before);
  });

  it('never replaces a prototype', () => {
    const merged = mergeTracerConfig(
      { resourceAttributes: { a: 1 } },
      JSON.parse('{"resourceAttributes":{"__proto__":{"b":1}}}') as TracerConfig,
    );
    expect(Object.getPrototypeOf(merged.resourceAttributes)).toBe(Object.prototype);
    expect(() => resolve({ ...merged, service })).toThrow(/resourceAttributes\[name\]/);
  });
});
