import { withoutCredentials } from '../config/text-checks.js';
import type { Generation } from './generations/generation.js';
import { exporterName, isSpanExporter } from './is-span-exporter.js';

type Exporter = Generation['config']['exporters'][number];

/** The protocol of each exporter that sends to a receiver. */
const PROTOCOLS: Readonly<Record<string, string>> = {
  'otlp-grpc': 'OTLP over gRPC',
  'otlp-http': 'OTLP over HTTP',
  'otlp-http-json': 'OTLP as JSON over HTTP',
  jaeger: 'OTLP over gRPC',
  zipkin: 'Zipkin JSON',
};

/**
 * Returns one log line about an instance's exporters and sampling. It shows names of headers, never their
 * values.
 */
export function startLine({ config, resource, sampler, enabled }: Generation): string {
  const { name, environment } = config.service;
  const who = environment === undefined ? name : `${name} in ${environment}`;
  if (!enabled) return printable(`${who}: telemetry is off.`);
  const parts = [`spans go to ${targets(config.exporters)}`, `sampler ${sampler.toString()}`];
  const project = resource.attributes['openinference.project.name'] ?? resource.attributes['model_id'];
  if (project !== undefined) parts.push(`project ${String(project)}`);
  return printable(`${who}: ${parts.join('; ')}.`);
}

function targets(exporters: readonly Exporter[]): string {
  const sending = exporters.filter((exporter) => isSpanExporter(exporter) || exporter.type !== 'none');
  return sending.length === 0 ? 'no exporter' : sending.map(target).join(' and to ');
}

function target(exporter: Exporter): string {
  if (isSpanExporter(exporter)) return `${exporterName(exporter)} (given in code)`;
  switch (exporter.type) {
    case 'console':
      return `the console (${exporter.format ?? 'tree'})`;
    case 'memory':
      return 'memory';
    case 'none':
      return 'no exporter';
    default: {
      const { url = 'http://localhost:9411/api/v2/spans', headers = {} } = exporter;
      const names = Object.keys(headers);
      const shown = names.length === 0 ? 'no headers' : `headers ${names.join(', ')}`;
      return `${withoutCredentials(url)} (${PROTOCOLS[exporter.type] ?? exporter.type}, ${shown})`;
    }
  }
}

/** Makes a text printable: one line of limited length, without control characters. */
function printable(line: string): string {
  return line.replace(/[\p{Cc}\p{Cf}]/gu, '?').slice(0, 1_000);
}
