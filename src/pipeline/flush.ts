import { settledWithinTime } from '../base/within-time.js';
import type { GenerationLife } from './generations/generation-life.js';
import type { SinkPool } from './sink-pool.js';
import type { TenantRouter } from './tenants/tenant-router.js';

/** The parts of a pipeline that spans wait in. */
export interface FlushedParts {
  readonly life: GenerationLife;
  readonly pool: SinkPool;
  readonly tenants: TenantRouter | undefined;
}

/**
 * Resolves when what has ended is delivered or dropped, or the longest `exportTimeoutMillis`
 * of those at work is over.
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
  // Spans of tenants that are being looked up come to their queues only then; others do not wait for them.
  const flushLater = async (): Promise<void> => {
    if (tenants?.lookingUp !== true) return;
    await tenants.settled(limitMillis);
    await flush();
  };
  await settledWithinTime(Promise.all([flush(), flushLater()]), limitMillis, true);
}
