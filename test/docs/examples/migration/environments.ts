// #region environments
import { Module } from '@nestjs/common';
import { TelemetryModule } from 'nestjs-telemetry';

@Module({
  imports: [
    TelemetryModule.forRoot({
      service: { name: 'chat' },
      environments: {
        production: { sampler: 0.1 },
        development: { sampler: 1, debugEvents: true },
      },
    }),
  ],
})
export class AppModule {}
// #endregion
