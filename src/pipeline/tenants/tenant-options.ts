import type { TracerConfig } from '../../config/tracer-config.js';

/**
 * Routes the spans of each tenant to a pipeline of its own: resource, exporter, credentials, sampler.
 */
export interface TenantOptions<Request = unknown> {
  /**
   * Names the tenant of a request, once per request and as late as possible: at its first child span, or when
   * the response closes. It gets the framework's request, with the `user` that a guard put on it. Nothing, an
   * error, or a key over 256 characters means: no tenant, which is the instance's own pipeline.
   */
  readonly resolve?: (request: Request) => string | undefined | null;
  /**
   * Names the tenant of what enters by another way than HTTP, once, when it begins. Default: the tenant of
   * the sender's flow, which came with the message, else none.
   *
   * @param context - pattern, handler, arguments and headers of the message, job or event
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
   * The tenant's part of the configuration, over the instance's own; `undefined` for an unknown tenant.
   * Called on first use, again after the tenant was idle, and at its first span after a reconfiguration; if
   * that fails, the tenant keeps what it had. While a promise is pending, spans wait.
   */
  readonly config: (key: string) => TracerConfig | undefined | Promise<TracerConfig | undefined>;
  /** Tenants kept open; over it the longest unused is closed, its spans delivered. Default 100. */
  readonly maxActive?: number;
  /** A tenant unused for this long is closed, in milliseconds; default 300,000. */
  readonly idleMillis?: number;
  /**
   * Where spans of a tenant without a usable configuration go: the instance's own pipeline, or
   * nowhere. Default `default`.
   */
  readonly fallback?: 'default' | 'drop';
}

/** The context that `resolveEntry` is given. */
export type EntryContext = Parameters<NonNullable<TenantOptions['resolveEntry']>>[0];

export const DEFAULT_TENANT_LIMITS = { maxActive: 100, idleMillis: 300_000 };
/** Keys come from requests: longer ones are refused. */
const MAX_TENANT_KEY_LENGTH = 256;
export const TENANT_KEY = `a text of 1 to ${MAX_TENANT_KEY_LENGTH} characters`;

export function isTenantKey(key: unknown): key is string {
  return typeof key === 'string' && key !== '' && key.length <= MAX_TENANT_KEY_LENGTH;
}
