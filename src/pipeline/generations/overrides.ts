import { fail } from '../../config/schema.js';
import type { TracerConfig } from '../../config/tracer-config.js';
import type { OverrideStatus } from '../telemetry-status.js';

/** The duration and the tenant of a temporary change. */
export interface OverrideOptions {
  /** The duration in milliseconds, at most 24 days. */
  readonly forMillis: number;
  /** The tenant's key; default: all tenants. */
  readonly tenant?: string;
}

/** A temporary change that is active. */
export interface OverrideHandle {
  /** The time at which the change reverts automatically. */
  readonly until: Date;
  /** Reverts the change early; resolves when the previous configuration is live again. */
  revert(): Promise<void>;
}

/** The most overrides; beyond it, the oldest override of a tenant ends early. */
const MAX_OVERRIDES = 1000;

interface Entry {
  readonly status: OverrideStatus;
  readonly timer: NodeJS.Timeout;
}

/**
 * Keeps temporary changes, at most one for all tenants and one per tenant. A new one replaces the old one.
 */
export class Overrides {
  private readonly entries = new Map<string | undefined, Entry>();

  /** @param takeBack - called when a tenant's change ends because there are too many */
  constructor(private readonly takeBack: (tenant: string) => void) {}

  status(): OverrideStatus[] {
    return [...this.entries.values()].map((entry) => entry.status);
  }

  /**
   * Adds a temporary change and starts its timer.
   *
   * @param end - reverts the change when its time is over, if `take` confirms that no other override and no
   *   {@link remove} came first; never rejects
   */
  add(
    change: TracerConfig,
    { forMillis, tenant }: OverrideOptions,
    end: (take: () => boolean) => Promise<void>,
  ): OverrideHandle {
    this.remove(tenant);
    const until = new Date(Date.now() + forMillis);
    const revert = (): Promise<void> =>
      end(() => {
        if (this.entries.get(tenant) !== entry) return false;
        this.remove(tenant);
        return true;
      });
    const entry: Entry = {
      status: { ...(tenant === undefined ? {} : { tenant }), changes: Object.keys(change), until },
      timer: setTimeout(() => void revert(), forMillis).unref(),
    };
    this.entries.set(tenant, entry);
    while (this.entries.size > MAX_OVERRIDES) this.endOldest();
    return { until, revert };
  }

  private endOldest(): void {
    for (const tenant of this.entries.keys()) {
      if (tenant === undefined) continue;
      this.remove(tenant);
      this.takeBack(tenant);
      return;
    }
  }

  remove(tenant: string | undefined): void {
    clearTimeout(this.entries.get(tenant)?.timer);
    this.entries.delete(tenant);
  }

  removeAll(): void {
    for (const tenant of [...this.entries.keys()]) this.remove(tenant);
  }
}

/**
 * Refuses an override for a tenant where there are no tenants.
 *
 * @throws TelemetryConfigError always: the override names a tenant, but the instance has none
 */
export function noTenants(): never {
  return fail({
    path: 'tenant',
    expected: 'left out',
    got: 'a key',
    remedy: 'The instance has no `tenants` option, so an override is for everybody.',
  });
}
