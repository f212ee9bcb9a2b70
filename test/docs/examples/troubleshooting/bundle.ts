import type { TracerManager } from 'nestjs-telemetry';

export async function bundle(manager: TracerManager): Promise<object> {
  // #region bundle
  return { status: manager.status(), verify: await manager.verifyExport() };
  // #endregion
}
