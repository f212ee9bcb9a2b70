import type { TracerManager } from 'nestjs-telemetry';

export function work(manager: TracerManager, job: { readonly tenant: string }, run: () => string): string {
  // #region with-tenant
  return manager.withTenant(job.tenant, () => manager.withSpan('job', () => run()));
  // #endregion
}
