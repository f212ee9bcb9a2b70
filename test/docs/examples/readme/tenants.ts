import { Module } from '@nestjs/common';
import { TelemetryModule } from 'nestjs-telemetry';

export const collectors = new Map<string, string>();

@Module({
  imports: [
    // #region tenants
    TelemetryModule.forRoot({
      service: { name: 'shop' },
      tenants: {
        resolve: (request: { user?: { tenant?: string } }) => request.user?.tenant,
        config: (tenant) => {
          const url = collectors.get(tenant);
          return url === undefined ? undefined : { exporter: { type: 'otlp-grpc', url } };
        },
      },
    }),
    // #endregion
  ],
})
export class AppModule {}
