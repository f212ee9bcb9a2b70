import type { TracerManager } from 'nestjs-telemetry';

export async function override(manager: TracerManager): Promise<Date> {
  // #region override
  const { until, revert } = await manager.override({ sampler: 1 }, { forMillis: 600_000, tenant: 'acme' });
  // manager.status().overrides is [{ tenant: 'acme', changes: ['sampler'], until }]
  await revert(); // before its time
  // #endregion
  return until;
}
