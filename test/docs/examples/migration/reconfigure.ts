import type { TracerManager } from 'nestjs-telemetry';
import { arize } from 'nestjs-telemetry/presets';

export async function reconfigure(
  manager: TracerManager,
): Promise<{ changed: readonly string[]; drained: number }> {
  // #region reconfigure
  await manager.configure({
    service: { name: 'chat' },
    ...arize({ spaceId: 'space1', apiKey: 'key1', projectName: 'model1' }),
  });

  const report = await manager.reconfigure(
    arize({ spaceId: 'space2', apiKey: 'key2', projectName: 'model2' }),
  );
  // report.changed: ['resourceAttributes', 'exporter']
  // report.draining: spans that were alive; they go to space1 when they end
  const drained = await report.drained;
  // #endregion
  return { changed: report.changed, drained };
}
