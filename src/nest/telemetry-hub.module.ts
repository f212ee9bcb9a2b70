import { Global, Inject, Module, type NestModule } from '@nestjs/common';
import { TelemetryHub } from './telemetry-hub.js';

/** Holds the hub: one per app, however many instances import it. */
@Global()
@Module({ providers: [TelemetryHub], exports: [TelemetryHub] })
export class TelemetryHubModule implements NestModule {
  constructor(@Inject(TelemetryHub) private readonly hub: TelemetryHub) {}

  /** Nest calls it once all modules exist and no route does yet. */
  configure(): void {
    this.hub.attach();
  }
}
