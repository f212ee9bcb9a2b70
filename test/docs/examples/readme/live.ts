import type { TracerManager } from 'nestjs-telemetry';

export async function live(manager: TracerManager, replay: () => Promise<void>): Promise<void> {
  // #region live
  // for everybody, from now on
  await manager.reconfigure({ exporter: { type: 'otlp-grpc', url: 'http://localhost:4317' }, sampler: 0.1 });

  // for this function alone, not for other requests
  await manager.withTemporaryConfig({ exporter: { type: 'console' } }, () => replay());

  // for everybody, for ten minutes; it reverts by itself
  await manager.override({ sampler: 1 }, { forMillis: 600_000 });
  // #endregion
}
