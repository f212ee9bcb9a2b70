import { fail } from '../../config/schema.js';
import type { TracerConfig } from '../../config/tracer-config.js';
import type { OverrideStatus } from '../telemetry-status.js';

/** How long a change lasts, and for whom. */
export interface OverrideOptions {
  /** In milliseconds, up to 24 days. */
  readonly forMillis: number;
  /** Tenant key; default: all tenants. */
  readonly tenant?: string;
}

/** A time-boxed change at work. */
export interface OverrideHandle {
  /** When it reverts by itself. */
  readonly until: Date;
  /** Ends it before its time; resolves when what was before is live again. */
  revert(): Promise<void>;
}

/** Most overrides; over it, the oldest of a tenant's ends before its time. */
const MAX_OVERRIDES = 1000;

interface Entry {
  readonly status: OverrideStatus;
  readonly timer: NodeJS.Timeout;
}

/**
 * Keeps time-boxed changes, at most one for all and one per tenant: a new one
 * takes the place of the old.
 */
export class Overrides {
  private readonly entries = new Map<string | undefined, Entry>();

  /** @param takeBack - called when a tenant's change ends because there are too many */
  constructor(private readonly takeBack: (tenant: string) => void) {}

  status(): OverrideStatus[] {
    return [...this.entries.values()].map((entry) => entry.status);
  }

  /**
   * @param end - takes the change back when its turn comes, if `take` says that no other override and no
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

/** @throws TelemetryConfigError always: an override names a tenant of an instance that has none */
export function noTenants(): never {
  return fail({
    path: 'tenant',
    expected: 'left out',
    got: 'a key',
    remedy: 'The instance has no `tenants` option, so an override is for everybody.',
  });
}
