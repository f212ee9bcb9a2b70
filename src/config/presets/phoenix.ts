import { headersFromVariable } from '../environment/otlp-variables.js';
import { Variables } from '../environment/variables.js';
import type { OtlpExporterConfig } from '../exporter-config.js';
import { literal, object, positiveInteger, string, type Check } from '../schema.js';
import { reveal, Secret, secretHeaders } from '../secret.js';
import { credential, headers, url } from '../text-checks.js';
import type { TracerConfig } from '../tracer-config.js';
import { ensureCollectorEndpoint } from './collector-endpoint.js';

/** Options of {@link phoenix}. Phoenix's environment variables fill in omitted ones. */
export interface PhoenixOptions {
  /**
   * The base address, with or without `/v1/traces`; default: `PHOENIX_COLLECTOR_ENDPOINT`, else
   * `http://localhost:6006`, or `http://localhost:4317` for gRPC (with the port of `PHOENIX_GRPC_PORT`).
   */
  readonly endpoint?: string;
  /** The API key; default: `PHOENIX_API_KEY`. A Phoenix without authentication needs none. */
  readonly apiKey?: string | Secret;
  /**
   * The project that shows the spans; default: `PHOENIX_PROJECT`, else `PHOENIX_PROJECT_NAME`, else
   * `default`.
   */
  readonly projectName?: string;
  /** The transport; default: `grpc` for an endpoint on Phoenix's gRPC port, else `http`. */
  readonly transport?: 'grpc' | 'http';
  /** Additional headers of every export; default: `PHOENIX_CLIENT_HEADERS`. */
  readonly headers?: Readonly<Record<string, string | Secret>>;
}

const options = object({
  endpoint: url,
  apiKey: credential,
  projectName: string,
  transport: literal('grpc', 'http'),
  headers,
} satisfies Record<keyof PhoenixOptions, Check>);

/** The variables that {@link phoenix} reads. */
export const PHOENIX_VARIABLES = [
  'PHOENIX_COLLECTOR_ENDPOINT',
  'PHOENIX_API_KEY',
  'PHOENIX_PROJECT',
  'PHOENIX_PROJECT_NAME',
  'PHOENIX_CLIENT_HEADERS',
  'PHOENIX_GRPC_PORT',
];

/**
 * Returns a configuration that sends spans to Phoenix, self-hosted or in the cloud: the exporter, its
 * credentials, and the project as a resource attribute.
 *
 * **Gotchas** A spread replaces `resourceAttributes` and `spanLimits` that stand before it.
 * `mergeTracerConfig(yours, phoenix(…))` keeps both.
 *
 * @param env - supplies the options that `given` omits; never written. The file `.env.phoenix` is not read:
 *   name it in `ConfigModule.forRoot({ envFilePath })`
 * @returns a part of a configuration, with room for the many attributes of LLM spans (10,000 per span,
 *   unless `OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT` is set)
 * @throws {@link TelemetryConfigError} `TELEMETRY_CONFIG_INVALID` if an option or its variable is invalid
 * @see {@link https://arize.com/docs/phoenix/tracing/how-to-tracing/setup-tracing | Phoenix, setup tracing}
 */
export function phoenix(given: PhoenixOptions = {}, env: NodeJS.ProcessEnv = process.env): TracerConfig {
  options.assert(given, 'phoenix');
  return phoenixConfig(given, new Variables(env, () => undefined));
}

/** Reads Phoenix's configuration from the environment, if its variables are set. */
export function phoenixFromVariables(variables: Variables): TracerConfig | undefined {
  if (!variables.isSet('PHOENIX_COLLECTOR_ENDPOINT') && !variables.isSet('PHOENIX_API_KEY')) return undefined;
  // Phoenix's own packages also use this address if only the key is set.
  const endpoint = variables.isSet('PHOENIX_COLLECTOR_ENDPOINT')
    ? undefined
    : variables.url('OTEL_EXPORTER_OTLP_ENDPOINT');
  return phoenixConfig(endpoint === undefined ? {} : { endpoint }, variables);
}

function phoenixConfig(given: PhoenixOptions, variables: Variables): TracerConfig {
  const grpcPort = String(variables.number('PHOENIX_GRPC_PORT', positiveInteger) ?? 4317);
  const endpoint = given.endpoint ?? variables.url('PHOENIX_COLLECTOR_ENDPOINT');
  const onGrpcPort = endpoint !== undefined && new URL(endpoint).port === grpcPort;
  const exporter: OtlpExporterConfig<string | Secret> =
    (given.transport ?? (onGrpcPort ? 'grpc' : 'http')) === 'grpc'
      ? {
          type: 'otlp-grpc',
          url: endpoint === undefined ? `http://localhost:${grpcPort}` : new URL(endpoint).origin,
        }
      : { type: 'otlp-http', url: ensureCollectorEndpoint(endpoint ?? 'http://localhost:6006') };
  const apiKey = given.apiKey ?? variables.secret('PHOENIX_API_KEY');
  const headers = {
    ...(apiKey === undefined ? {} : { authorization: new Secret(`Bearer ${reveal(apiKey)}`) }),
    ...(given.headers === undefined
      ? headersFromVariable(variables, 'PHOENIX_CLIENT_HEADERS')
      : secretHeaders(given.headers)),
  };
  return {
    exporter: { ...exporter, ...(Object.keys(headers).length === 0 ? {} : { headers }) },
    resourceAttributes: { 'openinference.project.name': projectOf(given, variables) },
    genai: { conventions: 'both' },
    ...(variables.isSet('OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT')
      ? {}
      : { spanLimits: { attributeCountLimit: 10_000 } }),
  };
}

function projectOf({ projectName }: PhoenixOptions, variables: Variables): string {
  if (projectName !== undefined) return projectName;
  const name = variables.text('PHOENIX_PROJECT');
  const alias = variables.text('PHOENIX_PROJECT_NAME');
  if (name !== undefined && alias !== undefined && name !== alias) {
    variables.warn('PHOENIX_PROJECT and PHOENIX_PROJECT_NAME differ; PHOENIX_PROJECT wins.');
  }
  return name ?? alias ?? 'default';
}
