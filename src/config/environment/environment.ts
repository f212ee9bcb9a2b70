import { nearestName } from '../nearest-name.js';
import type { MaskingConfig, TracerConfig } from '../tracer-config.js';
import { exporterFromVariables } from './exporter-variables.js';
import { genAiFromVariables } from './genai-variables.js';
import { environmentName, stagePrefixes } from './environment-name.js';
import { resourceFromVariables } from './resource-variables.js';
import { batchFromVariables, limitsFromVariables, samplerFromVariables } from './sampling-variables.js';
import { warnOfUnread } from './unread-variables.js';
import { Variables } from './variables.js';

/** Options of {@link tracerConfigFromEnv}. */
export interface EnvironmentOptions {
  /**
   * Prefix tried before every plain name, so that two instances of a process can read different variables:
   * with `BILLING_`, `BILLING_OTEL_SERVICE_NAME` wins over `OTEL_SERVICE_NAME`. Default: none.
   */
  readonly prefix?: string;
  /** Receives a message about each variable that cannot be parsed, is unused or contradicts another. */
  readonly warn?: (message: string) => void;
}

/**
 * Reads a configuration from environment variables: the standard `OTEL_*` variables for traces, and those
 * of Arize, Phoenix and others (`ARIZE_*`, `PHOENIX_*`, `OTEL_EXPORTER_TYPE`, `OTEL_SAMPLE_RATE` and more,
 * listed in docs/configuration.md).
 *
 * Credentials are wrapped as {@link Secret}. A module without an `exporter` reads its environment
 * automatically; call this function to inspect the result, change it, or read with a prefix.
 *
 * @param env - the environment to read; never written
 * @returns only the options that variables set; defaults are not filled in
 * @throws {@link TelemetryConfigError} `TELEMETRY_CONFIG_INVALID`, with the variable as its `path`, for an
 *   address without a scheme, an unreadable certificate, a malformed credential, half a pair of credentials
 *   or an unknown `OTEL_EXPORTER_TYPE`
 * @see {@link https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/ |
 *   Environment variables}
 */
export function tracerConfigFromEnv(
  env: NodeJS.ProcessEnv = process.env,
  options: EnvironmentOptions = {},
): TracerConfig {
  return readEnvironment(env, { warn: () => undefined, ...options, exporter: true, enabled: true });
}

/** Options of {@link readEnvironment}. */
export interface EnvironmentReading {
  readonly warn: (message: string) => void;
  /** Whether to read an exporter. If false, variables about exporters are ignored. */
  readonly exporter: boolean;
  /**
   * The option `enabled` given in code, which wins over variables. Disabled telemetry reads no exporter.
   */
  readonly enabled?: boolean | undefined;
  readonly prefix?: string;
}

/**
 * Reads the environment as {@link tracerConfigFromEnv} does, for callers that may already have an exporter.
 */
export function readEnvironment(env: NodeJS.ProcessEnv, reading: EnvironmentReading): TracerConfig {
  const variables = new Variables(env, reading.warn, reading.prefix, stagePrefixes(env));
  const { service, resourceAttributes } = resourceFromVariables(variables);
  const enabled = enabledFromVariables(variables);
  const wanted = reading.exporter && (reading.enabled ?? enabled ?? true);
  const exporting: TracerConfig = wanted ? exporterFromVariables(variables) : {};
  const sampler = samplerFromVariables(variables);
  const batch = batchFromVariables(variables);
  const spanLimits = limitsFromVariables(variables);
  const masking = maskingFromVariables(variables);
  const genai = genAiFromVariables(variables);
  const debugEvents = variables.flag('DEBUG_TRACING');
  const console = consoleFromVariables(variables, env);
  const attributes = { ...exporting.resourceAttributes, ...resourceAttributes };
  warnOfUnread(variables, wanted && !exportsNothing(exporting));
  return {
    ...exporting,
    ...(enabled === undefined ? {} : { enabled }),
    ...(service === undefined ? {} : { service }),
    ...(Object.keys(attributes).length === 0 ? {} : { resourceAttributes: attributes }),
    ...(sampler === undefined ? {} : { sampler }),
    ...(batch === undefined ? {} : { batch }),
    ...(spanLimits === undefined ? {} : { spanLimits: { ...exporting.spanLimits, ...spanLimits } }),
    ...(masking === undefined ? {} : { masking }),
    ...(debugEvents === undefined ? {} : { debugEvents }),
    ...(console ? { console } : {}),
    ...(genai === undefined && exporting.genai === undefined
      ? {}
      : { genai: { ...exporting.genai, ...genai } }),
  };
}

/** Whether a configuration exports no traces. General variables are then meant for metrics. */
function exportsNothing({ exporter }: TracerConfig): boolean {
  return exporter !== undefined && 'type' in exporter && exporter.type === 'none';
}

/** Reads whether telemetry is on. A variable that turns it off wins over one that turns it on. */
function enabledFromVariables(variables: Variables): boolean | undefined {
  const disabled = variables.standardFlag('OTEL_SDK_DISABLED') ?? false;
  const own = ['OTEL_TRACING_ENABLED', 'TELEMETRY_ENABLED'].map(
    (name) => [name, variables.flag(name)] as const,
  );
  const off = disabled || own.some(([, value]) => value === false);
  if (!off) return own.some(([, value]) => value === true) ? true : undefined;
  for (const [name, value] of own) {
    if (value === true) variables.warn(`${name} says on and another variable says off; telemetry stays off.`);
  }
  return false;
}

/** Whether `LOG_LEVEL=debug` adds a console exporter; never in production or tests. */
function consoleFromVariables(variables: Variables, env: NodeJS.ProcessEnv): boolean {
  if (variables.text('LOG_LEVEL')?.toLowerCase() !== 'debug') return false;
  return !['production', 'test'].includes(environmentName(env).canonical);
}

/** Reads OpenInference's variables that apply to every span. */
function maskingFromVariables(variables: Variables): MaskingConfig | undefined {
  const hideInputs = variables.flag('OPENINFERENCE_HIDE_INPUTS');
  const hideOutputs = variables.flag('OPENINFERENCE_HIDE_OUTPUTS');
  if (hideInputs === undefined && hideOutputs === undefined) return undefined;
  return {
    ...(hideInputs === undefined ? {} : { hideInputs }),
    ...(hideOutputs === undefined ? {} : { hideOutputs }),
  };
}

/** The values of `OTEL_PROPAGATORS` that this library supports. */
const PROPAGATOR_NAMES = ['tracecontext', 'baggage', 'b3', 'b3multi', 'jaeger', 'none'] as const;
type PropagatorName = (typeof PROPAGATOR_NAMES)[number];

/**
 * Returns the propagators that `OTEL_PROPAGATORS` names, in order and without duplicates.
 *
 * @returns `undefined` if the variable is unset; an empty list for `none`
 */
export function propagatorsFromEnv(
  env: NodeJS.ProcessEnv = process.env,
  warn: (message: string) => void = () => undefined,
): readonly ('tracecontext' | 'baggage' | 'b3' | 'b3multi' | 'jaeger')[] | undefined {
  const variables = new Variables(env, warn);
  if (!variables.isSet('OTEL_PROPAGATORS')) return undefined;
  const names = new Set(variables.list('OTEL_PROPAGATORS').map((name) => name.toLowerCase()));
  const propagators: Exclude<PropagatorName, 'none'>[] = [];
  for (const name of names) {
    const known = PROPAGATOR_NAMES.find((propagator) => propagator === name);
    if (known !== undefined && known !== 'none') propagators.push(known);
    if (known !== undefined) continue;
    const nearest = nearestName(name, PROPAGATOR_NAMES);
    warn(
      `OTEL_PROPAGATORS names \`${name.slice(0, 40)}\`, which does not exist here; ` +
        (nearest === undefined ? `known: ${PROPAGATOR_NAMES.join(', ')}.` : `did you mean ${nearest}?`),
    );
  }
  return names.has('none') ? [] : propagators;
}

/**
 * Picks the section of `environments` for the current environment: `APP_ENV`, else `NODE_ENV`, else
 * `development`. `prod`, `stage` and `dev` also match `production`, `staging` and `development`, and the
 * reverse.
 *
 * @returns `undefined`, after a warning, if no section has that name
 */
export function selectEnvironment(
  environments: Readonly<Record<string, TracerConfig>>,
  env: NodeJS.ProcessEnv = process.env,
  warn: (message: string) => void = () => undefined,
): TracerConfig | undefined {
  const { name, canonical } = environmentName(env);
  if (Object.hasOwn(environments, name)) return environments[name];
  const alias = Object.keys(environments).find(
    (key) => environmentName({ APP_ENV: key }).canonical === canonical,
  );
  if (alias !== undefined) return environments[alias];
  warn(
    `\`environments\` has no \`${name.slice(0, 40)}\`, only ${Object.keys(environments).join(', ')}; ` +
      'the common options are used.',
  );
  return undefined;
}
