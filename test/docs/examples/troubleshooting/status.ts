import type { TracerManager } from 'nestjs-telemetry';

export function look(manager: TracerManager, log: (line: string) => void): void {
  // #region status
  const { configured, enabled, sampler, spans, exporters } = manager.status();
  log(JSON.stringify({ configured, enabled, sampler, spans, exporters }, undefined, 2));
  // #endregion
}
