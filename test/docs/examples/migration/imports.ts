// #region imports
import { TelemetryModule, TracerManager, tracerConfigFromEnv, type TracerConfig } from 'nestjs-telemetry';
// #endregion

export type { TracerConfig };
export const imported = { TelemetryModule, TracerManager, tracerConfigFromEnv };
