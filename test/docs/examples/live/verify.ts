import type { TracerManager } from 'nestjs-telemetry';

export async function verify(manager: TracerManager, url: string): Promise<string> {
  // #region verify
  const { ok, code, reason, hint } = await manager.verifyExport({ exporter: { type: 'otlp-grpc', url } });
  return ok ? 'spans arrive' : `${code}: ${reason} ${hint ?? ''}`;
  // #endregion
}
