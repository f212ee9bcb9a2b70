import { Injectable } from '@nestjs/common';
import { Span, type TracerManager, type TelemetryModuleOptions } from 'nestjs-telemetry';

// #region rules
export const options: TelemetryModuleOptions = {
  service: { name: 'orders' },
  sampler: {
    type: 'ratio',
    ratio: 0.1,
    rules: [
      { route: '/health*', ratio: 0 },
      { route: '/payments/*', ratio: 1 },
      { kind: 'server', attributes: { 'http.request.method': 'DELETE' }, ratio: 1 },
      { name: 'CleanupJob.*', ratio: 0.01 },
    ],
    exclude: ['CacheService.*'],
    maxSpansPerSecond: 2000,
  },
};
// #endregion

// #region method
@Injectable()
export class ItemService {
  // A tenth of these spans, with all that they call.
  @Span({ sample: 0.1, attributes: { sampled: true } })
  async touch(_itemId: string): Promise<void> {}
}
// #endregion

// #region live
export async function keepPayments(manager: TracerManager): Promise<void> {
  await manager.reconfigure({
    sampler: { type: 'always-off', rules: [{ route: '/api/critical*', ratio: 1 }] },
  });
}
// #endregion
