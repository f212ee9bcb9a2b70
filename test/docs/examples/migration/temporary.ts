// #region temporary
import { Injectable } from '@nestjs/common';
import { TracerManager, type TracerConfig } from 'nestjs-telemetry';

const debug: TracerConfig = {
  exporter: { type: 'otlp-grpc', url: 'http://localhost:4317' },
  sampler: { type: 'always-on', parentBased: false },
  resourceAttributes: { debug: true },
};

@Injectable()
export class Support {
  constructor(private readonly manager: TracerManager) {}

  replay(order: string): Promise<string> {
    return this.manager.withTemporaryConfig(debug, () =>
      this.manager.withSpan('debug_operation', async (span) => {
        span.setAttribute('order.id', order);
        return Promise.resolve(`replayed ${order}`);
      }),
    );
  }
}
// #endregion
