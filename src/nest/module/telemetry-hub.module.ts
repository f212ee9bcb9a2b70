import { Global, Inject, Module, type NestModule } from '@nestjs/common';
import { TelemetryHub } from '../hub/telemetry-hub.js';
import { WideEventInterceptor } from '../wide-events/wide-event.interceptor.js';
import { WideEventService } from '../wide-events/wide-event.service.js';

/** Holds the hub, one per app, however many instances import it; and what belongs to no instance. */
@Global()
@Module({
  providers: [TelemetryHub, WideEventService, WideEventInterceptor],
  exports: [TelemetryHub, WideEventService, WideEventInterceptor],
})
export class TelemetryHubModule implements NestModule {
  constructor(@Inject(TelemetryHub) private readonly hub: TelemetryHub) {}

  /** Nest calls it once all modules exist and no route does yet. */
  configure(): void {
    this.hub.attach();
  }
}
