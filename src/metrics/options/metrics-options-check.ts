import { otlpShape } from '../../config/tracer-config-schema.js';
import {
  anyOf,
  arrayOf,
  boolean,
  fail,
  instance,
  isObject,
  join,
  leaf,
  literal,
  object,
  positiveInteger,
  positiveMillis,
  refine,
  required,
  string,
  variants,
  withMethods,
  type Check,
} from '../../config/schema.js';

const schedule = {
  exportIntervalMillis: positiveMillis,
  exportTimeoutMillis: positiveMillis,
  temporality: literal('cumulative', 'delta', 'lowmemory'),
};

const port = leaf({
  expected: 'a port, from 0 to 65535',
  accepts: (value) => Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 65_535,
  remedy: 'Pass a number; 0 takes any free port.',
});

const pushExporter = withMethods('a PushMetricExporter', 'export', 'forceFlush', 'shutdown');

const sdkReader = withMethods(
  'a MetricReader',
  'setMetricProducer',
  'selectAggregation',
  'forceFlush',
  'shutdown',
);

const reader = refine(
  anyOf(
    sdkReader,
    pushExporter,
    variants('type', {
      'otlp-grpc': { ...otlpShape, ...schedule },
      'otlp-http': { ...otlpShape, ...schedule },
      'otlp-http-json': { ...otlpShape, ...schedule },
      console: schedule,
      prometheus: { port, host: string, path: string, prefix: string, unitSuffixes: boolean },
      custom: { exporter: required(pushExporter), ...schedule },
    }),
  ),
  (value, path) => {
    timeoutWithinInterval(value, path);
  },
);

/** Validates the option `metrics`. */
export const metricsOptionsCheck: Check = anyOf(
  literal(false),
  refine(
    object({
      ...schedule,
      readers: anyOf(arrayOf(reader), reader),
      views: arrayOf(instance('a view as of the SDK', isObject)),
      cardinalityLimit: positiveInteger,
      http: anyOf(
        literal(false),
        object({ bodySizes: boolean, streamDuration: literal('first-byte', 'whole') }),
      ),
      runtime: anyOf(boolean, object({ node: boolean, host: boolean })),
      self: boolean,
      tenants: boolean,
    }),
    timeoutWithinInterval,
  ),
);

function timeoutWithinInterval(value: object, path: string): void {
  const { exportIntervalMillis = Infinity, exportTimeoutMillis = 0 } = value as Record<
    string,
    number | undefined
  >;
  if (exportTimeoutMillis <= exportIntervalMillis) return;
  fail({
    path: join(path, 'exportTimeoutMillis'),
    expected: 'at most `exportIntervalMillis`',
    got: exportTimeoutMillis,
    remedy: 'One export must be over before the next begins.',
  });
}
