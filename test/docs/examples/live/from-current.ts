import type { TracerManager } from 'nestjs-telemetry';

export async function fromCurrent(manager: TracerManager): Promise<void> {
  // #region from-current
  await manager.reconfigure((current) => ({
    ...current,
    resourceAttributes: { ...current.resourceAttributes, release: '2026-11' },
  }));
  // #endregion
}
