import { fail, isObject } from './schema.js';
import type { TracerConfig } from './tracer-config.js';

/** Options that are merged with the current value. All other options are replaced as a whole. */
export const SECTIONS: ReadonlySet<string> = new Set<keyof TracerConfig>([
  'service',
  'resourceAttributes',
  'spanLimits',
  'masking',
  'batch',
  'genai',
  'clients',
]);

/**
 * Merges a partial configuration into another. `service`, `resourceAttributes`, `spanLimits`, `masking`,
 * `batch`, `genai` and `clients` are merged option by option; everything else (`exporter`, `sampler`,
 * `spanProcessors`, `enabled`) is replaced as a whole.
 *
 * @returns a new object; options that are `undefined` in `change` keep their current value
 * @throws {@link TelemetryConfigError} `TELEMETRY_CONFIG_INVALID` if `change` is not an object, or is a
 *   promise
 */
export function mergeTracerConfig(current: TracerConfig, change: TracerConfig): TracerConfig {
  assertOptions(change);
  return mergeDefined(current, change, (key, before, after) =>
    SECTIONS.has(key) && isObject(before) && isObject(after)
      ? mergeDefined(before, after, (name, old, value) =>
          // A change that hides one kind of content does not reveal the others.
          name === 'hide' && isObject(old) && isObject(value) ? { ...old, ...value } : value,
        )
      : after,
  );
}

/** Refuses promises: a promise has no own options and would look like an empty change. */
function assertOptions(change: unknown): void {
  if (isObject(change) && typeof Reflect.get(change, 'then') !== 'function') return;
  fail({
    path: 'config',
    expected: 'an object, and no promise',
    got: change,
    secret: typeof change === 'string',
    remedy: 'Pass the tracer configuration as an object; `await` it first if it comes as a promise.',
  });
}

function mergeDefined<T extends object>(
  current: T,
  change: T,
  choose: (key: string, before: unknown, after: unknown) => unknown,
): T {
  const merged = { ...current };
  for (const [key, value] of Object.entries(change) as [string, unknown][]) {
    if (value === undefined) continue;
    Object.defineProperty(merged, key, {
      value: choose(key, Reflect.get(current, key), value),
      configurable: true,
      enumerable: true,
      writable: true,
    });
  }
  return merged;
}
