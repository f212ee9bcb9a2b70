import { settledWithinTime } from '../base/within-time.js';
import type { GenerationLife } from './generations/generation-life.js';
import type { SinkPool } from './sink-pool.js';
import type { TenantRouter } from './tenants/tenant-router.js';

/** The parts of a pipeline in which spans can wait. */
export interface FlushedParts {
  readonly life: GenerationLife;
  readonly pool: SinkPool;
  readonly tenants: TenantRouter | undefined;
}

/**
 * Resolves when every ended span is delivered or dropped, at the latest after the longest
 * `exportTimeoutMillis` of the open generations.
 */
export async function flushAll({ life, pool, tenants }: FlushedParts): Promise<void> {
  const limitMillis = Math.max(
    0,
    ...life.openGenerations().map(({ config }) => config.batch.exportTimeoutMillis),
  );
  const flush = async (): Promise<void> => {
    await Promise.all(life.openGenerations().map((generation) => generation.flushProcessors()));
    await pool.forceFlush();
    await pool.settled();
  };
  // Spans of tenants that are being looked up reach their queues later; other spans do not wait for them.
  const flushLater = async (): Promise<void> => {
    if (tenants?.lookingUp !== true) return;
    await tenants.settled(limitMillis);
    await flush();
  };
  await settledWithinTime(Promise.all([flush(), flushLater()]), limitMillis, true);
}
