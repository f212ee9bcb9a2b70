// #region configure
import { Injectable } from '@nestjs/common';
import type { Tracer } from '@opentelemetry/api';
import { TracerManager, type TracerConfig } from 'nestjs-telemetry';

@Injectable()
export class TelemetrySetup {
  constructor(private readonly manager: TracerManager) {}

  async use(config: TracerConfig): Promise<Tracer> {
    await this.manager.configure(config);
    return this.manager.getTracer('llm_app');
  }
}
// #endregion
