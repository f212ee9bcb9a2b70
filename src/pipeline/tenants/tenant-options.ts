import type { TracerConfig } from '../../config/tracer-config.js';

/** Gives each tenant's spans their own pipeline: resource, exporter, credentials, sampler. */
export interface TenantOptions<Request = unknown> {
  /**
   * Returns the tenant of a request. Called once per request, as late as possible: at its first child span,
   * or when the response closes. The argument is the framework's request, with the `user` that a guard set.
   * `undefined`, an error, or a key over 256 characters mean no tenant: the instance's own pipeline is
   * used.
   */
  readonly resolve?: (request: Request) => string | undefined | null;
  /**
   * Returns the tenant of an entry other than HTTP. Called once, when the entry begins. Default: the tenant
   * of the sender's flow, which comes with the message, else none.
   *
   * @param context - the pattern, handler, arguments and headers of the message, job or event
   * @param kind - `microservices`, `queues`, `websockets`, `schedule`, `events` or `cqrs`
   */
  readonly resolveEntry?: (
    context: {
      readonly pattern: string;
      readonly handler: string;
      readonly args: readonly unknown[];
      readonly headers: Readonly<Record<string, string | string[] | undefined>>;
    },
    kind: string,
  ) => string | undefined | null;
  /**
   * Returns the tenant's part of the configuration, which is merged into the instance's own; `undefined`
   * for an unknown tenant. Called on first use, again after the tenant was idle, and at its first span
   * after a reconfiguration. If a later call fails, the tenant keeps its configuration. While a promise is
   * pending, spans wait.
   */
  readonly config: (key: string) => TracerConfig | undefined | Promise<TracerConfig | undefined>;
  /**
   * The most tenants that are kept open; beyond it, the least recently used one is closed and its spans are
   * delivered. Default 100.
   */
  readonly maxActive?: number;
  /** The idle time after which a tenant is closed, in milliseconds; default 300,000. */
  readonly idleMillis?: number;
  /**
   * The destination of spans of a tenant without a valid configuration: the instance's own pipeline
   * (`default`) or none (`drop`). Default `default`.
   */
  readonly fallback?: 'default' | 'drop';
}

/** The context that `resolveEntry` receives. */
export type EntryContext = Parameters<NonNullable<TenantOptions['resolveEntry']>>[0];

export const DEFAULT_TENANT_LIMITS = { maxActive: 100, idleMillis: 300_000 };
/** The longest tenant key, in characters. Keys come from requests, so longer ones are refused. */
const MAX_TENANT_KEY_LENGTH = 256;
export const TENANT_KEY = `a text of 1 to ${MAX_TENANT_KEY_LENGTH} characters`;

export function isTenantKey(key: unknown): key is string {
  return typeof key === 'string' && key !== '' && key.length <= MAX_TENANT_KEY_LENGTH;
}
