import { redactConfig, type TracerManager } from 'nestjs-telemetry';

export async function bundle(manager: TracerManager): Promise<object> {
  // #region bundle
  return {
    config: redactConfig(manager.config()),
    status: manager.status(),
    verify: await manager.verifyExport(),
  };
  // #endregion
}
