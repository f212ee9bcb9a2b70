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

/** Options of {@link arize}; Arize's variables fill in omitted ones. */
export interface ArizeOptions {
  /** Default: `ARIZE_SPACE_ID`. */
  readonly spaceId?: string | Secret;
  /** Default: `ARIZE_API_KEY`. */
  readonly apiKey?: string | Secret;
  /** Where the spans appear in Arize; default: `ARIZE_PROJECT_NAME`, else `modelId`, else `default`. */
  readonly projectName?: string;
  /** The older word for `projectName`; default: `ARIZE_MODEL_ID`, else `projectName`. */
  readonly modelId?: string;
  /** Default `us`. */
  readonly region?: keyof typeof ArizeEndpoint;
  /** Full base address; wins over `region`. Default: `ARIZE_COLLECTOR_ENDPOINT`. */
  readonly endpoint?: string;
  /** Default `grpc`. */
  readonly transport?: 'grpc' | 'http';
  /**
   * `env` sends the headers of `OTEL_EXPORTER_OTLP_TRACES_HEADERS` and `OTEL_EXPORTER_OTLP_HEADERS` as they
   * are and needs no credentials; it reads the variables and never writes them. Default `config`.
   */
  readonly headersFrom?: 'config' | 'env';
  /**
   * `current` sends `authorization` and `arize-space-id`, `legacy` sends `api_key` and
   * `space_id`; default `both`.
   */
  readonly headerStyle?: 'current' | 'legacy' | 'both';
  /** Sent besides. */
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

/** Variables that {@link arize} reads. */
export const ARIZE_VARIABLES = [
  'ARIZE_SPACE_ID',
  'ARIZE_API_KEY',
  'ARIZE_PROJECT_NAME',
  'ARIZE_MODEL_ID',
  'ARIZE_COLLECTOR_ENDPOINT',
];

/**
 * Sends spans to Arize AX: the exporter, its credentials and the project as resource attributes.
 *
 * Spread it into a configuration:
 * `{ service: { name: 'chat' }, ...arize({ spaceId, apiKey, projectName: 'chat' }) }`.
 *
 * **Gotchas** A spread replaces `resourceAttributes` and `spanLimits` of yours that stand before it;
 * `mergeTracerConfig(yours, arize(…))` keeps both.
 *
 * @param env - read for what `given` leaves out; never written
 * @returns a part of a configuration, with room for the many attributes of LLM spans (10,000 a span, unless
 *   `OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT` is set)
 * @throws {@link TelemetryConfigError} `TELEMETRY_CONFIG_INVALID` naming the option and its variable
 *   if a credential is missing
 * @see {@link https://arize.com/docs/ax/observe/tracing | Arize AX, tracing}
 */
export function arize(given: ArizeOptions = {}, env: NodeJS.ProcessEnv = process.env): TracerConfig {
  options.assert(given, 'arize');
  return arizeConfig(given, new Variables(env, () => undefined));
}

/** Arize as the environment describes it, if it does; half a pair of credentials is an error. */
export function arizeFromVariables(variables: Variables): TracerConfig | undefined {
  const space = variables.source('ARIZE_SPACE_ID');
  const key = variables.source('ARIZE_API_KEY');
  if (space === undefined && key === undefined) return undefined;
  if (space === undefined) missingPartner('ARIZE_SPACE_ID', key ?? '');
  if (key === undefined) missingPartner('ARIZE_API_KEY', space);
  return arizeConfig({}, variables);
}

/**
 * The headers by which Arize knows a sender, in both generations of names.
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
