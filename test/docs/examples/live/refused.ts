import { TelemetryConfigError, type TracerManager } from 'nestjs-telemetry';

export async function refused(manager: TracerManager): Promise<string> {
  // #region refused
  try {
    await manager.reconfigure({ exporter: { type: 'otlp-grpc', url: 'collector:4317' } });
  } catch (error) {
    if (error instanceof TelemetryConfigError) return `${error.code} ${error.path}`;
    throw error;
  }
  // #endregion
  return 'accepted';
}
