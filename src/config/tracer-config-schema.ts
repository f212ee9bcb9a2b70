import { clientsCheck } from './clients-config-schema.js';
import { genAiCheck } from './genai-schema.js';
import {
  anyOf,
  arrayOf,
  boolean,
  fail,
  fn,
  instance,
  isObject,
  join,
  leaf,
  limit,
  literal,
  object,
  positiveInteger,
  positiveMillis,
  ratio,
  record,
  refine,
  regExp,
  string,
  variants,
  withMethods,
  type Check,
  type Shape,
} from './schema.js';
import { samplerConfig } from './sampler-schema.js';
import { Secret } from './secret.js';
import { checkJaegerAddress } from './jaeger-address.js';
import { headers, url, withoutCredentials } from './text-checks.js';
import type { BatchConfig, TracerConfig } from './tracer-config.js';

/** Checks PEM text or bytes. The usual mistake is the path of a file. */
function pem(secret: boolean): Check {
  return leaf({
    expected: 'PEM text (`-----BEGIN …`) or bytes',
    accepts: (value) =>
      value instanceof Uint8Array || isPemText(secret && value instanceof Secret ? value.reveal() : value),
    secret,
    remedy: 'Read the file and pass its content.',
  });
}

function isPemText(value: unknown): boolean {
  return typeof value === 'string' && value.includes('-----BEGIN ');
}

const tls = refine(object({ ca: pem(false), cert: pem(false), key: pem(true) }), (value, path) => {
  const cert = has(value, 'cert');
  if (cert === has(value, 'key')) return;
  fail({
    path: join(path, cert ? 'key' : 'cert'),
    expected: cert ? 'given together with `cert`' : 'given together with `key`',
    remedy: 'Mutual TLS needs both the client certificate and its private key.',
  });
});

/** The options of an OTLP exporter, for every signal. */
export const otlpShape: Shape = {
  url,
  headers,
  timeoutMillis: positiveMillis,
  compression: literal('gzip', 'none'),
  tls,
};

const exporterConfig = refine(
  variants('type', {
    'otlp-grpc': otlpShape,
    'otlp-http': otlpShape,
    'otlp-http-json': otlpShape,
    console: { format: literal('tree', 'line', 'json'), color: boolean },
    zipkin: { url, headers },
    jaeger: { url, host: string, headers, timeoutMillis: positiveMillis },
    memory: { maxSpans: positiveInteger },
    none: {},
  }),
  checkJaegerAddress,
);

const spanExporter = withMethods('a SpanExporter', 'export', 'shutdown');
const oneExporter = noAddress(anyOf(spanExporter, exporterConfig));

/**
 * Refuses an address in place of an exporter, a likely mistake, without printing it: it may contain a
 * password.
 */
function noAddress(check: Check): Check {
  return {
    ...check,
    assert(value, path) {
      if (typeof value !== 'string') {
        check.assert(value, path);
        return;
      }
      fail({
        path,
        expected: check.expected,
        got: withoutCredentials(value),
        remedy: "Name the protocol as well: `{ type: 'otlp-grpc', url: … }`.",
      });
    },
  };
}

const nonEmptyMatcher = instance(
  'a regular expression that does not match the empty text',
  (value) => regExp.accepts(value) && !new RegExp((value as RegExp).source, (value as RegExp).flags).test(''),
  'Make it match at least one character.',
);

/** The checks of all options of {@link TracerConfig}, for schemas that add further options. */
export const tracerConfigShape = {
  enabled: boolean,
  service: object({
    name: string,
    version: string,
    namespace: string,
    environment: string,
    instanceId: string,
  }),
  resourceAttributes: record(
    instance(
      'a value that can be written as text',
      (value) => typeof value !== 'function' && typeof value !== 'symbol',
    ),
    instance('a non-empty attribute name', (value) => value !== '' && value !== '__proto__'),
  ),
  exporter: noAddress(anyOf(arrayOf(oneExporter), spanExporter, exporterConfig)),
  console: literal(true, false, 'development'),
  sampler: anyOf(ratio, withMethods('a Sampler', 'shouldSample', 'toString'), samplerConfig),
  spanProcessors: arrayOf(withMethods('a SpanProcessor', 'onStart', 'onEnd', 'forceFlush', 'shutdown')),
  spanLimits: object({
    attributeCountLimit: limit,
    attributeValueLengthLimit: limit,
    eventCountLimit: limit,
    linkCountLimit: limit,
    attributePerEventCountLimit: limit,
    attributePerLinkCountLimit: limit,
  }),
  structuredAttributes: boolean,
  errorClassifier: fn,
  clients: clientsCheck,
  includeInputOutput: boolean,
  debugEvents: boolean,
  traceLlmCalls: boolean,
  traceHttpRequests: boolean,
  workflowPrefix: string,
  masking: object({
    defaults: boolean,
    keys: arrayOf(string),
    patterns: arrayOf(nonEmptyMatcher),
    maxLength: limit,
    hideInputs: boolean,
    hideOutputs: boolean,
  }),
  batch: refine(
    object({
      scheduledDelayMillis: positiveMillis,
      maxExportBatchSize: positiveInteger,
      maxQueueSize: positiveInteger,
      maxQueueBytes: positiveInteger,
      exportTimeoutMillis: positiveMillis,
      maxExportBatchBytes: positiveInteger,
      maxConcurrentExports: positiveInteger,
      maxRetryMillis: positiveMillis,
      dropPolicy: literal('newest', 'oldest'),
    } satisfies Record<keyof BatchConfig, Check>),
    (value, path) => {
      const { maxExportBatchSize: size, maxQueueSize: queue } = value as Record<string, number | undefined>;
      if (size === undefined || queue === undefined || size <= queue) return;
      fail({
        path: join(path, 'maxExportBatchSize'),
        expected: `at most \`maxQueueSize\`, which is ${queue}`,
        got: size,
        remedy: 'A batch cannot be larger than the queue that it is taken from.',
      });
    },
  ),
  genai: genAiCheck,
} as const satisfies Record<keyof TracerConfig, Check>;

const tracerConfig = object(tracerConfigShape, 'Pass the tracer configuration as an object.');

/**
 * Validates a configuration without building anything.
 *
 * @param path - the prefix of option paths in errors, such as `tenants.acme`; default: none
 * @throws {@link TelemetryConfigError} `TELEMETRY_CONFIG_INVALID` at the first invalid option
 */
export function validateTracerConfig(config: unknown, path = ''): asserts config is TracerConfig {
  tracerConfig.assert(config, path);
}

/**
 * Picks the options of {@link TracerConfig} out of larger options.
 *
 * @returns a new object; options that are `undefined` are left out
 */
export function pickTracerConfig(options: TracerConfig): TracerConfig {
  return Object.fromEntries(
    Object.keys(tracerConfigShape)
      .map((key) => [key, Reflect.get(options, key) as unknown] as const)
      .filter(([, value]) => value !== undefined),
  );
}

function has(value: object, key: string): boolean {
  return isObject(value) && Reflect.get(value, key) !== undefined;
}
