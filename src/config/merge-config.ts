import { isObject } from './schema.js';
import type { TracerConfig } from './tracer-config.js';

/** Options that a change completes; every other option it replaces. */
const SECTIONS: ReadonlySet<string> = new Set<keyof TracerConfig>([
  'service',
  'resourceAttributes',
  'spanLimits',
  'masking',
  'batch',
]);

/**
 * Lays a partial configuration over another: `service`, `resourceAttributes`, `spanLimits`, `masking` and `batch` option by option,
 * everything else (`exporter`, `sampler`, `spanProcessors`, `enabled`) as a whole.
 *
 * @returns a new object; options that are `undefined` in `change` keep their current value
 */
export function mergeTracerConfig(current: TracerConfig, change: TracerConfig): TracerConfig {
  return mergeDefined(current, change, (key, before, after) =>
    SECTIONS.has(key) && isObject(before) && isObject(after)
      ? mergeDefined(before, after, (_key, _before, value) => value)
      : after,
  );
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
