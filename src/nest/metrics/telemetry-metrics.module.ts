import { Module, type DynamicModule } from '@nestjs/common';
import { MeterManager } from '../../metrics/meter-manager.js';
import { TelemetryHub } from '../hub/telemetry-hub.js';
import { TelemetryHubModule } from '../module/telemetry-hub.module.js';
import { TELEMETRY_FEATURE_ID, TELEMETRY_SCRAPE_ID, uniqueId } from '../metadata/tokens.js';
import { metricsController } from './metrics-controller.js';
import type { TelemetryMetricsOptions } from './metrics-module-options.js';

/**
 * Serves the scrape page for Prometheus on the app's own server, for the instance that covers the importing
 * module. The instance needs no reader for it. Needs the optional peer
 * `@opentelemetry/exporter-prometheus`.
 *
 * **Gotchas** The page shows routes and traffic to every client that can reach it. Protect it with a guard,
 * or with a separate network.
 */
@Module({})
export class TelemetryMetricsModule {
  /** Creates the module, with the page at `path`. */
  static register(options: TelemetryMetricsOptions = {}): DynamicModule {
    const id = uniqueId('metrics');
    return {
      module: TelemetryMetricsModule,
      imports: [...(options.imports ?? []), TelemetryHubModule],
      controllers: [metricsController(options)],
      providers: [
        { provide: TELEMETRY_FEATURE_ID, useValue: id },
        { provide: TELEMETRY_SCRAPE_ID, useValue: id },
        {
          provide: MeterManager,
          inject: [TelemetryHub],
          useFactory: async (hub: TelemetryHub) => {
            const instance = await hub.instanceForFeature(id, 'TelemetryMetricsModule');
            await instance.serveScrapes();
            return instance.meterManager;
          },
        },
      ],
    };
  }
}
