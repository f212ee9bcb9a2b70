import { Injectable, Module } from '@nestjs/common';
import { TelemetryModule, type TracerConfig } from 'nestjs-telemetry';

@Injectable()
export class TenantSettings {
  telemetry(tenant: string): Promise<TracerConfig | undefined> {
    return Promise.resolve(
      tenant === 'acme' ? { exporter: { type: 'none' }, resourceAttributes: { plan: 'gold' } } : undefined,
    );
  }
}

@Module({ providers: [TenantSettings], exports: [TenantSettings] })
class SettingsModule {}

// #region tenants
@Module({
  imports: [
    TelemetryModule.forRootAsync({
      imports: [SettingsModule],
      inject: [TenantSettings],
      useFactory: (settings: TenantSettings) => ({
        service: { name: 'shop' },
        tenants: {
          resolve: (request: { user?: { tenant?: string } }) => request.user?.tenant,
          config: (tenant) => settings.telemetry(tenant),
          maxActive: 100,
          idleMillis: 300_000,
          fallback: 'default',
        },
      }),
    }),
  ],
})
export class AppModule {}
// #endregion
