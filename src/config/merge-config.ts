import { fail, isObject } from './schema.js';
import type { TracerConfig } from './tracer-config.js';

/** Options that a change completes; every other option it replaces. */
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
 * Lays a partial configuration over another: `service`, `resourceAttributes`, `spanLimits`, `masking`,
 * `batch`, `genai` and `clients` option by option, everything else (`exporter`, `sampler`,
 * `spanProcessors`, `enabled`) as a whole.
 *
 * @returns a new object; options that are `undefined` in `change` keep their current value
 * @throws {@link TelemetryConfigError} `TELEMETRY_CONFIG_INVALID` if `change` is no
 *   object, or a promise of one
 */
export function mergeTracerConfig(current: TracerConfig, change: TracerConfig): TracerConfig {
  assertOptions(change);
  return mergeDefined(current, change, (key, before, after) =>
    SECTIONS.has(key) && isObject(before) && isObject(after)
      ? mergeDefined(before, after, (name, old, value) =>
          // Hiding one kind of content does not show the others.
          name === 'hide' && isObject(old) && isObject(value) ? { ...old, ...value } : value,
        )
      : after,
  );
}

/** A promise has no options of its own, so it would pass for an empty change. */
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
