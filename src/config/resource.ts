import { randomUUID } from 'node:crypto';
import type { Attributes, AttributeValue } from '@opentelemetry/api';
import { LIBRARY_NAME, LIBRARY_VERSION } from '../base/library.js';
import { SDK_INFO } from '../sdk/sdk-info.js';
import { REDACTED, Secret } from './secret.js';
import type { ServiceConfig, TracerConfig } from './tracer-config.js';

/** {@link ServiceConfig} with the identity of the process filled in. */
export interface ResolvedService extends ServiceConfig {
  readonly name: string;
  readonly instanceId: string;
}

/** The resource attribute of each option of {@link ServiceConfig}. */
export const SERVICE_ATTRIBUTES = {
  name: 'service.name',
  version: 'service.version',
  namespace: 'service.namespace',
  environment: 'deployment.environment.name',
  instanceId: 'service.instance.id',
} as const satisfies Record<keyof ServiceConfig, string>;

const SERVICE_OPTIONS = Object.keys(SERVICE_ATTRIBUTES) as (keyof ServiceConfig)[];

/** The `service.instance.id` of this process, as the semantic conventions ask. */
export const PROCESS_INSTANCE_ID = randomUUID();

/**
 * Moves the attributes `service.*` and `deployment.environment.name` into `service`, so that both forms can
 * be merged. An option of `service` wins over the attribute.
 */
export function liftService(config: TracerConfig): TracerConfig {
  if (config.resourceAttributes === undefined) return config;
  const service: Record<string, unknown> = {};
  const rest: Record<string, unknown> = { ...config.resourceAttributes };
  for (const option of SERVICE_OPTIONS) {
    const attribute = SERVICE_ATTRIBUTES[option];
    const value = config.service?.[option] ?? toResourceValue(rest[attribute]);
    if (value !== undefined && value !== '') service[option] = String(value);
    Reflect.deleteProperty(rest, attribute);
  }
  return { ...config, resourceAttributes: rest, ...(Object.keys(service).length === 0 ? {} : { service }) };
}

/**
 * Returns the complete resource attributes of a service: SDK and distribution, the user's attributes, the
 * service.
 *
 * @see {@link https://opentelemetry.io/docs/specs/semconv/resource/#telemetry-sdk | Semantic conventions,
 *   telemetry SDK}
 */
export function resourceAttributesOf(
  service: ResolvedService,
  attributes: Readonly<Record<string, unknown>> = {},
): Attributes {
  const resource: Attributes = {
    ...SDK_INFO,
    'telemetry.distro.name': LIBRARY_NAME,
    'telemetry.distro.version': LIBRARY_VERSION,
  };
  for (const [key, value] of Object.entries(attributes)) {
    const attribute = toResourceValue(value);
    if (attribute !== undefined) resource[key] = attribute;
  }
  for (const option of SERVICE_OPTIONS) {
    const value = service[option];
    if (value !== undefined) resource[SERVICE_ATTRIBUTES[option]] = value;
  }
  return resource;
}

/** Converts a value that OpenTelemetry has no type for into text, since exporters would drop it. */
function toResourceValue(value: unknown): AttributeValue | undefined {
  if (value === null || value === undefined) return undefined;
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof Secret) return REDACTED;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? undefined : value.toISOString();
  if (Array.isArray(value) && isOfOneType(value)) return value.slice() as AttributeValue;
  try {
    return JSON.stringify(value, (_key, item: unknown) =>
      typeof item === 'bigint' ? item.toString() : item,
    );
  } catch {
    // A circular value is replaced by the name of its type.
    return Object.prototype.toString.call(value);
  }
}

function isOfOneType(list: readonly unknown[]): boolean {
  const type = typeof list[0];
  return (
    list.length === 0 ||
    (['string', 'number', 'boolean'].includes(type) && list.every((item) => typeof item === type))
  );
}
