import { readEnvironment } from './environment/environment.js';
import { READ_VARIABLES } from './environment/unread-variables.js';
import { SECTIONS } from './merge-config.js';
import { redactConfig } from './redact-config.js';
import type { ResolvedTracerConfig } from './resolve-config.js';
import { liftService, SERVICE_ATTRIBUTES } from './resource.js';
import { isObject } from './schema.js';
import type { TracerConfig } from './tracer-config.js';

/** The layers that one configuration was made from. */
export interface ConfigLayers {
  /** The configuration given in code, with all changes applied. */
  readonly given: TracerConfig;
  /** The configuration given in code at the start. */
  readonly initial: TracerConfig;
  /**
   * The instance's own layers, below the changes of a tenant or a flow; absent if `given` is the instance's
   * own.
   */
  readonly base?: { readonly given: TracerConfig; readonly changedBy: string };
  /** The options that the environment variables set. */
  readonly environment: TracerConfig;
}

/** Compares two values by content, or by identity if code built them. */
export type SameContent = (one: unknown, other: unknown) => boolean;

/**
 * Returns the options of a complete configuration under the names of {@link TracerConfig}, without
 * credentials.
 */
export function shownConfig(resolved: ResolvedTracerConfig): Record<string, unknown> {
  const { exporters, resourceAttributes, ...rest } = redactConfig(resolved);
  const [only, ...more] = exporters as unknown[];
  const ofService = new Set<string>(Object.values(SERVICE_ATTRIBUTES));
  const attributes = Object.entries(resourceAttributes as object).filter(([name]) => !ofService.has(name));
  const shown: Record<string, unknown> = {};
  for (const [option, value] of Object.entries(rest)) {
    shown[option] = value;
    if (option !== 'service') continue;
    shown['resourceAttributes'] = Object.fromEntries(attributes);
    shown['exporter'] = more.length === 0 && only !== undefined ? only : exporters;
  }
  return shown;
}

/**
 * Returns the origin of each option's value: `option`, `variable NAME`, `default`, `live change`, or the
 * tenant or scope that changed it.
 *
 * @param shown - the options to explain, as {@link shownConfig} names them
 * @returns the origins by option path, such as `batch.maxQueueSize`
 */
export function originsOf(
  shown: Readonly<Record<string, unknown>>,
  layers: ConfigLayers,
  env: NodeJS.ProcessEnv,
  same: SameContent,
): Record<string, string> {
  const given = liftService(layers.given);
  const initial = liftService(layers.initial);
  const base = layers.base && liftService(layers.base.given);
  const variables = new VariablesOfOptions(layers, env, same);
  const origins: Record<string, string> = {};
  for (const path of pathsOf(shown)) {
    const value = at(given, path);
    if (value === undefined) origins[path.join('.')] = variables.origin(path);
    else if (base !== undefined && !same(value, at(base, path)))
      origins[path.join('.')] = layers.base?.changedBy ?? 'live change';
    else origins[path.join('.')] = same(value, at(initial, path)) ? 'option' : 'live change';
  }
  return origins;
}

type Path = readonly [string] | readonly [string, string];

function pathsOf(shown: Readonly<Record<string, unknown>>): Path[] {
  return Object.entries(shown).flatMap(([option, value]): Path[] =>
    SECTIONS.has(option) && isObject(value)
      ? Object.keys(value).map((name) => [option, name] as const)
      : [[option]],
  );
}

function at(config: TracerConfig, [option, name]: Path): unknown {
  const value: unknown = Reflect.get(config, option);
  if (name === undefined) return value;
  return isObject(value) && Object.hasOwn(value, name) ? Reflect.get(value, name) : undefined;
}

/** Finds the variables that an option depends on by reading the environment without each of them. */
class VariablesOfOptions {
  private readonly without: readonly (readonly [string, TracerConfig])[];

  constructor(
    private readonly layers: ConfigLayers,
    env: NodeJS.ProcessEnv,
    private readonly same: SameContent,
  ) {
    const names = Object.keys(layers.environment).length === 0 ? [] : Object.keys(env).filter(isRead);
    this.without = names.map((name) => [name, this.read({ ...env, [name]: undefined })] as const);
  }

  origin(path: Path): string {
    const value = at(this.layers.environment, path);
    if (value === undefined) return 'default';
    const names = this.without
      .filter(([, config]) => !this.same(value, at(config, path)))
      .map(([name]) => name);
    return names.length === 0 ? 'variable' : `variable ${names.join(', ')}`;
  }

  /**
   * Reads the environment's configuration; without an exporter if its variables are inconsistent, such as
   * half a pair of credentials.
   */
  private read(env: NodeJS.ProcessEnv): TracerConfig {
    const { exporter, enabled } = this.layers.given;
    const warn = (): void => undefined;
    try {
      return readEnvironment(env, { warn, exporter: exporter === undefined, enabled });
    } catch {
      return readEnvironment(env, { warn, exporter: false, enabled });
    }
  }
}

/** Whether a variable is read, with or without a prefix as in `PROD_ARIZE_API_KEY`. */
function isRead(name: string): boolean {
  return READ_VARIABLES.some((known) => name === known || name.endsWith(`_${known}`));
}
