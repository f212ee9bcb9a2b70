import { readEnvironment } from '../../config/environment/environment.js';
import type { TracerConfig } from '../../config/tracer-config.js';
import { nearestName } from '../../config/nearest-name.js';
import { TelemetryConfigError, TelemetryError } from '../../errors.js';
import { error, ok, warning, type Finding, type Patient } from './finding.js';

/**
 * Standard variables whose misspelling causes no other warning; the library itself warns about the rest.
 */
const KNOWN = [
  'OTEL_SERVICE_NAME',
  'OTEL_RESOURCE_ATTRIBUTES',
  'OTEL_SDK_DISABLED',
  'OTEL_TRACES_EXPORTER',
  'OTEL_METRICS_EXPORTER',
  'OTEL_TRACES_SAMPLER',
  'OTEL_TRACES_SAMPLER_ARG',
  'OTEL_PROPAGATORS',
  'OTEL_EXPORTER_OTLP_ENDPOINT',
  'OTEL_EXPORTER_OTLP_HEADERS',
  'OTEL_EXPORTER_OTLP_PROTOCOL',
  'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT',
  'OTEL_EXPORTER_OTLP_TRACES_HEADERS',
  'OTEL_EXPORTER_OTLP_TRACES_PROTOCOL',
];
const DEFAULT_QUEUE_BYTES = 64 * 1024 * 1024;
const MIB = 1024 * 1024;

/** Checks the variables: which are read, ignored, misspelt, or contradict each other. */
export function checkEnvironment({ env }: Patient): Finding[] {
  const findings = [...misspelt(env), ...quoted(env), ...proxies(env), ...memory(env)];
  try {
    const config = readEnvironment(env, {
      exporter: true,
      warn: (message) => findings.push(warning('variable', message, 'Change or remove the variable.')),
    });
    if (config.enabled === false) {
      findings.push(
        warning(
          'disabled',
          'A variable switches telemetry off.',
          'Remove OTEL_SDK_DISABLED, or leave it if that is meant.',
        ),
      );
    }
    if (keepsNothing(config.sampler)) {
      findings.push(
        warning('samples-nothing', 'The sampler keeps no trace.', 'Raise OTEL_TRACES_SAMPLER_ARG above 0.'),
      );
    }
    if (config.exporter === undefined && env['NODE_ENV'] === 'production') {
      findings.push(
        warning(
          'no-exporter',
          'No variable names an exporter, and in production nothing is printed.',
          'Set OTEL_EXPORTER_OTLP_ENDPOINT, unless `exporter` is given in code.',
        ),
      );
    }
    if (!findings.some(({ level }) => level === 'error')) {
      findings.push(ok('environment', 'The variables can be read.'));
    }
  } catch (problem) {
    if (!(problem instanceof TelemetryError)) throw problem;
    const path = problem instanceof TelemetryConfigError ? problem.path : 'the environment';
    findings.push(error('variable-invalid', problem.message, `Correct ${path}.`));
  }
  return findings;
}

function keepsNothing(sampler: TracerConfig['sampler']): boolean {
  if (typeof sampler !== 'object') return sampler === 0;
  return ('ratio' in sampler && sampler.ratio === 0) || ('type' in sampler && sampler.type === 'always-off');
}

function misspelt(env: NodeJS.ProcessEnv): Finding[] {
  return Object.keys(env).flatMap((name) => {
    if (!/^O?TEL_|^OTLP_|^OPENTELEMETRY_/.test(name) || KNOWN.includes(name)) return [];
    const meant = nearestName(name, KNOWN);
    if (meant === undefined) return [];
    return [error('variable-misspelt', `${name} is read by nothing.`, `Did you mean ${meant}?`)];
  });
}

function quoted(env: NodeJS.ProcessEnv): Finding[] {
  return Object.entries(env).flatMap(([name, value = '']) => {
    if (!/^(OTEL|ARIZE|PHOENIX)_/.test(name) || !/^\s|\s$|^(["']).*\1$/.test(value)) return [];
    return [
      error(
        'variable-quoted',
        `${name} has quotes or spaces around its value, which become part of it.`,
        'Take them away; in an env file a value needs none.',
      ),
    ];
  });
}

function proxies(env: NodeJS.ProcessEnv): Finding[] {
  const proxy = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy'].find((name) => env[name]);
  const remote = env['OTEL_EXPORTER_OTLP_ENDPOINT'] ?? env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'];
  if (proxy === undefined || remote === undefined || /\/\/(localhost|127\.|\[::1\])/.test(remote)) return [];
  return [
    warning(
      'proxy-ignored',
      `${proxy} is set, and exports do not go through a proxy.`,
      'Send to a Collector in your network, which does.',
    ),
  ];
}

/**
 * Checks that a full queue fits into memory beside the app, since it can fill up while a receiver is down.
 */
function memory(env: NodeJS.ProcessEnv): Finding[] {
  const heap = /--max[-_]old[-_]space[-_]size=(\d+)/.exec(env['NODE_OPTIONS'] ?? '')?.[1];
  if (heap === undefined || Number(heap) * MIB >= 4 * DEFAULT_QUEUE_BYTES) return [];
  return [
    warning(
      'memory-limit',
      `The heap is limited to ${heap} MiB, and each exporter may queue 64 MiB while its receiver is away.`,
      'Lower `batch.maxQueueBytes`, or raise --max-old-space-size.',
    ),
  ];
}
