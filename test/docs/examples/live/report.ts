import type { TracerManager } from 'nestjs-telemetry';

export async function report(manager: TracerManager, log: (line: string) => void): Promise<void> {
  // #region report
  const { generation, changed, draining, drained } = await manager.reconfigure({ sampler: 0.1 });
  log(
    `generation ${generation} is live, changed: ${changed.join(', ')}; ${draining} spans finish in the old one`,
  );
  log(`the old one ended ${await drained} spans and is closed`);
  // #endregion
}
