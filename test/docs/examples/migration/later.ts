import type { TracerManager } from 'nestjs-telemetry';
import { tracerConfigFromEnv } from 'nestjs-telemetry';

export async function later(manager: TracerManager): Promise<void> {
  // #region later
  if (!manager.isConfigured()) await manager.configure(tracerConfigFromEnv());
  // #endregion
}
