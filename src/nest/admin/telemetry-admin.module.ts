import { Module, type DynamicModule } from '@nestjs/common';
import { TracerManager } from '../../tracing/tracer-manager.js';
import { TelemetryHub } from '../hub/telemetry-hub.js';
import { TelemetryHubModule } from '../module/telemetry-hub.module.js';
import { TELEMETRY_FEATURE_ID, uniqueId } from '../metadata/tokens.js';
import { adminController } from './admin-controller.js';
import { checkAdminOptions, type TelemetryAdminOptions } from './admin-options.js';

/**
 * An opt-in HTTP endpoint for the instance that covers the importing module: `GET status`, `PUT config`,
 * `POST flush`, `POST verify`, `POST override`. It accepts only JSON, never returns a secret, and logs who
 * changed what.
 */
@Module({})
export class TelemetryAdminModule {
  /**
   * Creates the module, with its routes below `path`.
   *
   * @throws TelemetryError `TELEMETRY_ADMIN_UNGUARDED` without a guard
   */
  static register(options: TelemetryAdminOptions): DynamicModule {
    checkAdminOptions(options);
    const id = uniqueId('admin');
    return {
      module: TelemetryAdminModule,
      imports: [...(options.imports ?? []), TelemetryHubModule],
      controllers: [adminController(options)],
      providers: [
        { provide: TELEMETRY_FEATURE_ID, useValue: id },
        {
          provide: TracerManager,
          inject: [TelemetryHub],
          useFactory: async (hub: TelemetryHub) =>
            (await hub.instanceForFeature(id, 'TelemetryAdminModule')).tracerManager,
        },
      ],
    };
  }
}
