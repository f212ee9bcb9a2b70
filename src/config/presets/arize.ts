import { headersFromVariable } from '../environment/otlp-variables.js';
import { missingPartner, Variables } from '../environment/variables.js';
import type { OtlpExporterConfig } from '../exporter-config.js';
import { fail, literal, object, string, type Check } from '../schema.js';
import { secretHeaders, type HeaderValues, type Secret } from '../secret.js';
import { credential, headers, url } from '../text-checks.js';
import type { TracerConfig } from '../tracer-config.js';
import { ensureCollectorEndpoint } from './collector-endpoint.js';

/** Arize's OTLP endpoints by region. */
export const ArizeEndpoint = {
  us: 'https://otlp.arize.com/v1',
  eu: 'https://otlp.eu-west-1a.arize.com/v1',
} as const;

/** Options of {@link arize}. Arize's environment variables fill in omitted ones. */
export interface ArizeOptions {
  /** The space id; default: `ARIZE_SPACE_ID`. */
  readonly spaceId?: string | Secret;
  /** The API key; default: `ARIZE_API_KEY`. */
  readonly apiKey?: string | Secret;
  /**
   * The project that shows the spans in Arize; default: `ARIZE_PROJECT_NAME`, else `modelId`, else
   * `default`.
   */
  readonly projectName?: string;
  /** The older name of `projectName`; default: `ARIZE_MODEL_ID`, else `projectName`. */
  readonly modelId?: string;
  /** The region of Arize's endpoint; default `us`. */
  readonly region?: keyof typeof ArizeEndpoint;
  /** The full base address, which wins over `region`; default: `ARIZE_COLLECTOR_ENDPOINT`. */
  readonly endpoint?: string;
  /** The transport; default `grpc`. */
  readonly transport?: 'grpc' | 'http';
  /**
   * The source of the headers. `env` sends the headers of `OTEL_EXPORTER_OTLP_TRACES_HEADERS` and
   * `OTEL_EXPORTER_OTLP_HEADERS` unchanged and needs no credentials. Default `config`.
   */
  readonly headersFrom?: 'config' | 'env';
  /**
   * The names of the credential headers: `current` sends `authorization` and `arize-space-id`, `legacy`
   * sends `api_key` and `space_id`; default `both`.
   */
  readonly headerStyle?: 'current' | 'legacy' | 'both';
  /** Additional headers of every export. */
  readonly headers?: Readonly<Record<string, string | Secret>>;
}

const options = object({
  spaceId: credential,
  apiKey: credential,
  projectName: string,
  modelId: string,
  region: literal('us', 'eu'),
  endpoint: url,
  transport: literal('grpc', 'http'),
  headersFrom: literal('config', 'env'),
  headerStyle: literal('current', 'legacy', 'both'),
  headers,
} satisfies Record<keyof ArizeOptions, Check>);

/** The variables that {@link arize} reads. */
export const ARIZE_VARIABLES = [
  'ARIZE_SPACE_ID',
  'ARIZE_API_KEY',
  'ARIZE_PROJECT_NAME',
  'ARIZE_MODEL_ID',
  'ARIZE_COLLECTOR_ENDPOINT',
];

/**
 * Returns a configuration that sends spans to Arize AX: the exporter, its credentials, and the project as
 * resource attributes.
 *
 * Spread it into a configuration:
 * `{ service: { name: 'chat' }, ...arize({ spaceId, apiKey, projectName: 'chat' }) }`.
 *
 * **Gotchas** A spread replaces `resourceAttributes` and `spanLimits` that stand before it.
 * `mergeTracerConfig(yours, arize(…))` keeps both.
 *
 * @param env - supplies the options that `given` omits; never written
 * @returns a part of a configuration, with room for the many attributes of LLM spans (10,000 per span,
 *   unless `OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT` is set)
 * @throws {@link TelemetryConfigError} `TELEMETRY_CONFIG_INVALID` with the option and its variable, if a
 *   credential is missing
 * @see {@link https://arize.com/docs/ax/observe/tracing | Arize AX, tracing}
 */
export function arize(given: ArizeOptions = {}, env: NodeJS.ProcessEnv = process.env): TracerConfig {
  options.assert(given, 'arize');
  return arizeConfig(given, new Variables(env, () => undefined));
}

/**
 * Reads Arize's configuration from the environment, if its variables are set. Half a pair of credentials is
 * an error.
 */
export function arizeFromVariables(variables: Variables): TracerConfig | undefined {
  const space = variables.source('ARIZE_SPACE_ID');
  const key = variables.source('ARIZE_API_KEY');
  if (space === undefined && key === undefined) return undefined;
  if (space === undefined) missingPartner('ARIZE_SPACE_ID', key ?? '');
  if (key === undefined) missingPartner('ARIZE_API_KEY', space);
  return arizeConfig({}, variables);
}

/**
 * Returns the headers that identify a sender to Arize, under their current and older names.
 *
 * @param style - default `both`, which every Arize endpoint accepts
 */
export function arizeHeaders(
  spaceId: string | Secret,
  apiKey: string | Secret,
  style: 'current' | 'legacy' | 'both' = 'both',
): Readonly<Record<string, Secret>> {
  return secretHeaders({
    ...(style === 'legacy' ? {} : { authorization: apiKey, 'arize-space-id': spaceId }),
    ...(style === 'current' ? {} : { api_key: apiKey, space_id: spaceId }),
    'arize-interface': 'otel',
  });
}

function arizeConfig(given: ArizeOptions, variables: Variables): TracerConfig {
  const project = given.projectName ?? variables.text('ARIZE_PROJECT_NAME');
  const model = given.modelId ?? variables.text('ARIZE_MODEL_ID');
  const endpoint =
    given.endpoint ?? (given.region === undefined ? variables.url('ARIZE_COLLECTOR_ENDPOINT') : undefined);
  const base = endpoint ?? ArizeEndpoint[given.region ?? 'us'];
  const exporter: OtlpExporterConfig<string | Secret> = {
    ...(given.transport === 'http'
      ? { type: 'otlp-http', url: ensureCollectorEndpoint(base) }
      : { type: 'otlp-grpc', url: new URL(base).origin }),
    headers: { ...headersOf(given, variables), ...secretHeaders(given.headers ?? {}) },
  };
  return {
    exporter,
    resourceAttributes: {
      'openinference.project.name': project ?? model ?? 'default',
      model_id: model ?? project ?? 'default',
    },
    genai: { conventions: 'both' },
    ...(variables.isSet('OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT')
      ? {}
      : { spanLimits: { attributeCountLimit: 10_000 } }),
  };
}

function headersOf(given: ArizeOptions, variables: Variables): HeaderValues<Secret> {
  if (given.headersFrom === 'env') {
    const headers = {
      ...headersFromVariable(variables, 'OTEL_EXPORTER_OTLP_HEADERS'),
      ...headersFromVariable(variables, 'OTEL_EXPORTER_OTLP_TRACES_HEADERS'),
    };
    if (Object.keys(headers).length > 0) return secretHeaders({ ...headers, 'arize-interface': 'otel' });
    fail({
      path: 'OTEL_EXPORTER_OTLP_TRACES_HEADERS',
      expected: 'set, since `arize.headersFrom` is `env`',
      remedy:
        'Set it to `authorization=<API key>,arize-space-id=<space id>`, or pass `spaceId` and `apiKey`.',
    });
  }
  return arizeHeaders(
    given.spaceId ?? variables.secret('ARIZE_SPACE_ID') ?? absent('arize.spaceId', 'ARIZE_SPACE_ID'),
    given.apiKey ?? variables.secret('ARIZE_API_KEY') ?? absent('arize.apiKey', 'ARIZE_API_KEY'),
    given.headerStyle,
  );
}

function absent(path: string, variable: string): never {
  fail({
    path,
    expected: 'a non-empty text without spaces or quotes around it',
    remedy: `Pass it as an option, or set the ${variable} environment variable.`,
  });
}
