import { Module } from '@nestjs/common';
import { TelemetryModule } from 'nestjs-telemetry';
import { samplingByEnvironment } from 'nestjs-telemetry/presets';

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
