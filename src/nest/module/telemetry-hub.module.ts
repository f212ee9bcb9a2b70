import { Global, Inject, Module, type NestModule } from '@nestjs/common';
import { TelemetryHub } from '../hub/telemetry-hub.js';
import { WideEventInterceptor } from '../wide-events/wide-event.interceptor.js';
import { WideEventService } from '../wide-events/wide-event.service.js';

/**
 * Holds the hub, one per app however many instances there are, and everything else that belongs to no
 * instance.
 */
@Global()
@Module({
  providers: [TelemetryHub, WideEventService, WideEventInterceptor],
  exports: [TelemetryHub, WideEventService, WideEventInterceptor],
})
export class TelemetryHubModule implements NestModule {
  /** @param hub - absent in Nest's preview mode, which runs no constructor */
  constructor(@Inject(TelemetryHub) private readonly hub: TelemetryHub | undefined) {}

  /** Called by Nest when all modules exist, and before the first route does. */
  configure(): void {
    this.hub?.attach();
  }
}
