import { BATCH, ROOM_FOR_MESSAGES, SPAN_LIMITS } from './defaults.js';
import type { Attributes } from '@opentelemetry/api';
import type { Sampler } from '../sdk/sampler.js';
import type { SpanExporter } from '../sdk/span-exporter.js';
import type { SpanLimits } from '../sdk/span-limits.js';
import type { SpanProcessor } from '../sdk/span-processor.js';
import { fail } from './schema.js';
import { environmentName } from './environment/environment-name.js';
import { readEnvironment } from './environment/environment.js';
import type { ExporterConfig } from './exporter-config.js';
import { resolveGenAi, type ResolvedGenAiConfig } from './genai-config.js';
import { mergeTracerConfig } from './merge-config.js';
import { liftService, PROCESS_INSTANCE_ID, resourceAttributesOf, type ResolvedService } from './resource.js';
import { resolveExporter } from './resolve-exporter.js';
import type {
  BatchConfig,
  ClientsConfig,
  ErrorClassifier,
  ExporterOption,
  MaskingConfig,
  SamplerConfig,
  TracerConfig,
} from './tracer-config.js';
import { validateTracerConfig } from './tracer-config-schema.js';

export { mergeTracerConfig } from './merge-config.js';
export { validateTracerConfig } from './tracer-config-schema.js';
export type { ResolvedService } from './resource.js';

/** The configuration that a pipeline is built from: validated, with defaults and environment filled in. */
export interface ResolvedTracerConfig {
  readonly enabled: boolean;
  readonly service: ResolvedService;
  /**
   * The complete resource: `service.*`, `deployment.environment.name`, `telemetry.*`, and the attributes of
   * the environment and the user.
   */
  readonly resourceAttributes: Attributes;
  /** The exporters, with credentials in clear; empty only if the user gave an empty list. */
  readonly exporters: readonly (ExporterConfig | SpanExporter)[];
  /** Whether a console exporter was added to those that the user asked for. */
  readonly console: boolean;
  readonly sampler: number | SamplerConfig | Sampler;
  readonly spanProcessors: readonly SpanProcessor[];
  readonly spanLimits: Required<SpanLimits>;
  readonly structuredAttributes: boolean;
  readonly masking: MaskingConfig;
  readonly errorClassifier: ErrorClassifier | undefined;
  readonly includeInputOutput: boolean;
  readonly debugEvents: boolean;
  readonly traceLlmCalls: boolean;
  readonly traceHttpRequests: boolean;
  readonly workflowPrefix: string;
  readonly batch: Required<BatchConfig>;
  /** The option `clients`; if it is absent, every library is recorded. */
  readonly clients?: ClientsConfig | false;
  readonly genai: ResolvedGenAiConfig;
}

const environments = new WeakMap<ResolvedTracerConfig, TracerConfig>();

/**
 * Returns the environment's part of a configuration, as it was read when the configuration was resolved.
 */
export function environmentOf(resolved: ResolvedTracerConfig): TracerConfig {
  return environments.get(resolved) ?? {};
}

/** Receives warnings about unusual but valid configurations. */
export interface ResolveHooks {
  warn(message: string): void;
}

/**
 * Validates a configuration and fills in the environment and the defaults.
 *
 * Options in code win over this library's own variables, these over the standard ones, these over the
 * defaults. An exporter given in code reads no `OTEL_EXPORTER_*` variable.
 *
 * @param env - the environment to read; never written
 * @returns a new object that shares nothing with the arguments except instances of exporters, samplers and
 *   processors
 * @throws {@link TelemetryConfigError} `TELEMETRY_CONFIG_INVALID` at the first invalid option or variable
 */
export function resolveTracerConfig(
  config: TracerConfig,
  env: NodeJS.ProcessEnv,
  hooks: ResolveHooks,
): ResolvedTracerConfig {
  validateTracerConfig(config);
  const warn = (message: string): void => hooks.warn(message);
  const fromEnv = readEnvironment(env, {
    warn,
    exporter: config.exporter === undefined,
    enabled: config.enabled,
  });
  const merged = mergeTracerConfig(fromEnv, liftService(config));
  const enabled = merged.enabled ?? true;
  const service = resolveService(merged, enabled);
  const named = exportersOf(merged.exporter ?? (enabled ? defaultExporter(env, warn) : { type: 'none' })).map(
    (exporter) => resolveExporter(exporter, warn),
  );
  const console = enabled && printsBeside(merged, env) && !named.some(isConsole);
  const exporters: ResolvedTracerConfig['exporters'] = console ? [...named, { type: 'console' }] : named;
  const genai = resolveGenAi(merged.genai);
  const resolved: ResolvedTracerConfig = {
    enabled,
    service,
    resourceAttributes: resourceAttributesOf(service, merged.resourceAttributes),
    exporters,
    console,
    sampler: merged.sampler ?? 1,
    spanProcessors: merged.spanProcessors ?? [],
    spanLimits: {
      ...SPAN_LIMITS,
      ...(genai.conventions === 'gen_ai' ? {} : ROOM_FOR_MESSAGES),
      ...merged.spanLimits,
    },
    structuredAttributes: merged.structuredAttributes ?? true,
    masking: merged.masking ?? {},
    errorClassifier: merged.errorClassifier,
    includeInputOutput: merged.includeInputOutput ?? false,
    debugEvents: merged.debugEvents ?? false,
    traceLlmCalls: merged.traceLlmCalls ?? true,
    traceHttpRequests: merged.traceHttpRequests ?? true,
    workflowPrefix: merged.workflowPrefix ?? 'workflow.',
    batch: resolveBatch(merged.batch ?? {}, exporters),
    ...(merged.clients === undefined ? {} : { clients: merged.clients }),
    genai,
  };
  environments.set(resolved, fromEnv);
  return resolved;
}

function resolveService({ service = {} }: TracerConfig, enabled: boolean): ResolvedService {
  const { name, instanceId = PROCESS_INSTANCE_ID } = service;
  if (name !== undefined) return { ...service, name, instanceId };
  if (!enabled) return { ...service, name: 'unknown_service:node', instanceId };
  return fail({
    path: 'service.name',
    expected: 'a non-empty string',
    remedy: 'Pass `service: { name: … }`, or set OTEL_SERVICE_NAME.',
  });
}

function exportersOf(exporter: ExporterOption | readonly ExporterOption[]): readonly ExporterOption[] {
  return Array.isArray(exporter) ? (exporter as readonly ExporterOption[]) : [exporter as ExporterOption];
}

function printsBeside({ console = false, service }: TracerConfig, env: NodeJS.ProcessEnv): boolean {
  if (console !== 'development') return console;
  return (
    environmentName(service?.environment === undefined ? env : { APP_ENV: service.environment }).canonical ===
    'development'
  );
}

function isConsole(exporter: ExporterConfig | SpanExporter): boolean {
  return 'type' in exporter && exporter.type === 'console';
}

/**
 * Returns the exporter if none is configured: a console in development, so that newcomers see spans at
 * once; none in production and tests.
 */
function defaultExporter(env: NodeJS.ProcessEnv, warn: (message: string) => void): ExporterConfig {
  if (env['NODE_ENV'] === 'production') {
    warn(
      'No exporter is configured, so spans are created and exported nowhere. Pass `exporter`, set ' +
        "OTEL_EXPORTER_OTLP_ENDPOINT, or pass `exporter: { type: 'none' }` to say that this is meant.",
    );
    return { type: 'none' };
  }
  const testing = env['NODE_ENV'] === 'test' || env['VITEST'] !== undefined;
  return testing ? { type: 'none' } : { type: 'console' };
}

function resolveBatch(
  batch: BatchConfig,
  exporters: ResolvedTracerConfig['exporters'],
): Required<BatchConfig> {
  // Exporters written by others may not support two exports at a time.
  const maxConcurrentExports = exporters.some((exporter) => 'export' in exporter)
    ? 1
    : BATCH.maxConcurrentExports;
  const resolved = { ...BATCH, maxConcurrentExports, ...batch };
  // The queue may be smaller than the default batch.
  const maxExportBatchSize = Math.min(resolved.maxExportBatchSize, resolved.maxQueueSize);
  return { ...resolved, maxExportBatchSize };
}
