import type { TracerManager } from 'nestjs-telemetry';

export async function offAndOn(manager: TracerManager): Promise<boolean[]> {
  // #region off
  await manager.reconfigure({ enabled: false });
  const off = manager.withSpan('not recorded', (span) => span.isRecording());
  await manager.reconfigure({ enabled: true });
  // #endregion
  return [off, manager.withSpan('recorded', (span) => span.isRecording())];
}
