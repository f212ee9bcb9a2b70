import { Module } from '@nestjs/common';
import { samplingByEnvironment, TelemetryModule } from 'nestjs-telemetry';

@Module({
  imports: [
    // #region environments
    TelemetryModule.forRoot({
      service: { name: 'shop' },
      environments: { ...samplingByEnvironment, development: { sampler: 1, debugEvents: true } },
    }),
    // #endregion
  ],
})
export class AppModule {}
