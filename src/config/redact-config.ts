import { isObject } from './schema.js';
import { REDACTED, redactHeaders, Secret, type HeaderValues } from './secret.js';
import { withoutCredentials } from './text-checks.js';

/**
 * Returns a configuration as plain JSON without credentials, for `status()`, a log or an HTTP response.
 *
 * Header values, private keys, and user info and queries of addresses become `****`. A user's exporter,
 * sampler or processor becomes its class name, a function `function`, a certificate `PEM`, an unlimited
 * limit `unlimited`.
 *
 * @param config - a configuration, as given or as resolved; never changed
 */
export function redactConfig(config: object): Record<string, unknown> {
  return redactObject(config, new Set());
}

function redactObject(value: object, ancestors: ReadonlySet<object>): Record<string, unknown> {
  const within = new Set(ancestors).add(value);
  const shown: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value) as [string, unknown][]) {
    if (item === undefined || key === '__proto__') continue;
    shown[key] = redactOption(key, item, within);
  }
  return shown;
}

function redactOption(key: string, value: unknown, ancestors: ReadonlySet<object>): unknown {
  switch (key) {
    case 'headers':
      return isObject(value) ? redactHeaders(value as HeaderValues) : REDACTED;
    case 'key':
      return REDACTED;
    case 'ca':
    case 'cert':
      return 'PEM';
    case 'url':
      return typeof value === 'string' ? withoutCredentials(value) : REDACTED;
    default:
      return redactValue(value, ancestors);
  }
}

function redactValue(value: unknown, ancestors: ReadonlySet<object>): unknown {
  if (value instanceof Secret) return REDACTED;
  if (value === Infinity) return 'unlimited';
  if (typeof value === 'function') return 'function';
  if (typeof value === 'bigint' || typeof value === 'symbol') return value.toString();
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Date || value instanceof RegExp) return String(value);
  if (ancestors.has(value)) return '[Circular]';
  if (Array.isArray(value)) {
    const within = new Set(ancestors).add(value);
    return value.map((item) => redactValue(item, within));
  }
  return isBuilt(value) ? nameOf(value) : redactObject(value, ancestors);
}

/** Whether a value is an exporter, a sampler or a processor, not the configuration of one. */
function isBuilt(value: object): boolean {
  return ['export', 'shouldSample', 'onEnd'].some(
    (method) => typeof Reflect.get(value, method) === 'function',
  );
}

function nameOf(value: object): string {
  const { constructor } = value as { constructor?: unknown };
  return typeof constructor === 'function' && constructor !== Object && constructor.name !== ''
    ? constructor.name
    : 'custom';
}
