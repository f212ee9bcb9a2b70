import type { ExporterConfig, ExporterOfType } from '../exporter-config.js';
import { arizeFromVariables } from '../presets/arize.js';
import { phoenixFromVariables } from '../presets/phoenix.js';
import { literal } from '../schema.js';
import type { Secret } from '../secret.js';
import type { TracerConfig } from '../tracer-config.js';
import { OTLP_VARIABLES, otlpFromVariables } from './otlp-variables.js';
import type { Variables } from './variables.js';

type EnvironmentExporter = ExporterConfig<string | Secret>;

/** The values of `OTEL_EXPORTER_TYPE`, which equal the `type` of an exporter in code. */
const TYPES = [
  'console',
  'otlp',
  'otlp-grpc',
  'otlp-http',
  'otlp-http-json',
  'jaeger',
  'zipkin',
  'memory',
  'none',
] as const;

/** The values of `OTEL_TRACES_EXPORTER` that the specification defines, with the exporter of each. */
const STANDARD: Readonly<Record<string, (variables: Variables) => EnvironmentExporter>> = {
  otlp: otlpFromVariables,
  console: () => ({ type: 'console' }),
  logging: () => ({ type: 'console' }),
  'otlp/stdout': () => ({ type: 'console', format: 'json' }),
  zipkin: zipkinFromVariables,
  jaeger: jaegerFromVariables,
  none: () => ({ type: 'none' }),
};

/** The variables that choose or describe an exporter, apart from those of OTLP. */
export const EXPORTER_VARIABLES = [
  'OTEL_EXPORTER_TYPE',
  'OTEL_TRACES_EXPORTER',
  'OTEL_EXPORTER_ENDPOINT',
  'OTEL_EXPORTER_ZIPKIN_ENDPOINT',
  'OTEL_EXPORTER_JAEGER_AGENT_HOST',
  'OTEL_EXPORTER_JAEGER_AGENT_PORT',
  'OTEL_EXPORTER_JAEGER_ENDPOINT',
  ...OTLP_VARIABLES,
];

/**
 * Chooses the exporter that the environment names: by `OTEL_EXPORTER_TYPE`, else by Arize's or Phoenix's
 * variables, else by `OTEL_TRACES_EXPORTER`, else by any variable of the OTLP exporter.
 *
 * @returns the part of a configuration for that exporter; empty if the environment names none
 * @throws TelemetryConfigError for an unknown `OTEL_EXPORTER_TYPE`, an address without a scheme, or half a
 *   pair of credentials
 */
export function exporterFromVariables(variables: Variables): TracerConfig {
  const type = variables.text('OTEL_EXPORTER_TYPE')?.toLowerCase();
  if (type !== undefined) {
    variables.ignore('OTEL_TRACES_EXPORTER', 'OTEL_EXPORTER_TYPE wins.');
    return { exporter: ofType(variables, type) };
  }
  for (const vendor of [arizeFromVariables, phoenixFromVariables]) {
    const config = vendor(variables);
    if (config === undefined) continue;
    variables.ignore('OTEL_TRACES_EXPORTER', 'the variables of Arize or Phoenix win.');
    return config;
  }
  const listed = listedExporters(variables);
  if (listed !== undefined) return { exporter: listed };
  const wanted = [...OTLP_VARIABLES, 'OTEL_EXPORTER_ENDPOINT'].some((name) => variables.isSet(name));
  return wanted ? { exporter: otlpFromVariables(variables) } : {};
}

function ofType(variables: Variables, type: string): EnvironmentExporter {
  literal(...TYPES).assert(type, variables.source('OTEL_EXPORTER_TYPE') ?? 'OTEL_EXPORTER_TYPE');
  switch (type as (typeof TYPES)[number]) {
    case 'otlp':
      return otlpFromVariables(variables);
    case 'otlp-grpc':
      return otlpFromVariables(variables, 'grpc');
    case 'otlp-http':
      return otlpFromVariables(variables, 'http');
    case 'otlp-http-json':
      return { ...otlpFromVariables(variables, 'http'), type: 'otlp-http-json' };
    case 'jaeger':
      return jaegerFromVariables(variables);
    case 'zipkin':
      return zipkinFromVariables(variables);
    case 'console':
      return { type: 'console' };
    case 'memory':
      return { type: 'memory' };
    case 'none':
      return { type: 'none' };
  }
}

function listedExporters(
  variables: Variables,
): EnvironmentExporter | readonly EnvironmentExporter[] | undefined {
  const names = [...new Set(variables.list('OTEL_TRACES_EXPORTER').map((name) => name.toLowerCase()))];
  if (names.includes('none')) return { type: 'none' };
  const exporters: EnvironmentExporter[] = [];
  for (const name of names) {
    const read = Object.hasOwn(STANDARD, name) ? STANDARD[name] : undefined;
    if (read === undefined) {
      const known = Object.keys(STANDARD).join(', ');
      variables.warn(
        `OTEL_TRACES_EXPORTER names \`${name.slice(0, 40)}\`, which does not exist here; known: ${known}.`,
      );
    } else exporters.push(read(variables));
  }
  return exporters.length < 2 ? exporters[0] : exporters;
}

function zipkinFromVariables(variables: Variables): EnvironmentExporter {
  const url = variables.url('OTEL_EXPORTER_ZIPKIN_ENDPOINT') ?? variables.url('OTEL_EXPORTER_ENDPOINT');
  return { type: 'zipkin', ...(url === undefined ? {} : { url }) };
}

/** Ports of Jaeger's former agent and collector, which never accepted OTLP. */
const AGENT_PORTS: ReadonlySet<string | undefined> = new Set([
  '6831',
  '6832',
  '5775',
  '5778',
  '14250',
  '14268',
  undefined,
]);

/** Returns Jaeger's OTLP exporter, on port 4317 of the host that the old agent variables name. */
function jaegerFromVariables(variables: Variables): ExporterOfType<'jaeger', string | Secret> {
  const named =
    variables.url('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT') ?? variables.url('OTEL_EXPORTER_OTLP_ENDPOINT');
  const host = variables.text('OTEL_EXPORTER_JAEGER_AGENT_HOST') ?? collectorHost(variables);
  const port = variables.text('OTEL_EXPORTER_JAEGER_AGENT_PORT');
  if (port !== undefined && (named !== undefined || AGENT_PORTS.has(port) || !/^\d{1,5}$/.test(port))) {
    variables.warn(
      `OTEL_EXPORTER_JAEGER_AGENT_PORT is ignored: \`${port.slice(0, 40)}\` is a port of the agent ` +
        'that Jaeger no longer has; ' +
        'spans go to its OTLP port, 4317.',
    );
  }
  const own = port !== undefined && !AGENT_PORTS.has(port) && /^\d{1,5}$/.test(port);
  const url = named ?? (own ? `http://${host ?? 'localhost'}:${port}` : undefined);
  return { type: 'jaeger', ...(host === undefined ? {} : { host }), ...(url === undefined ? {} : { url }) };
}

/**
 * Returns the host of the old collector address (`http://jaeger:14268/api/traces`), which accepted Thrift.
 */
function collectorHost(variables: Variables): string | undefined {
  const address = variables.url('OTEL_EXPORTER_JAEGER_ENDPOINT') ?? variables.url('OTEL_EXPORTER_ENDPOINT');
  return address === undefined ? undefined : new URL(address).hostname;
}
