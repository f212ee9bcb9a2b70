import type { TracerManager, VerifyExportResult } from 'nestjs-telemetry';
import { arize } from 'nestjs-telemetry/presets';

export function verify(manager: TracerManager): Promise<VerifyExportResult> {
  // #region headers-from-env
  return manager.verifyExport(arize({ headersFrom: 'env', projectName: 'your_model' }));
  // #endregion
}
