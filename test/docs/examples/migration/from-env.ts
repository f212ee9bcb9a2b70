// #region from-env
import { Module } from '@nestjs/common';
import { TelemetryModule, tracerConfigFromEnv } from 'nestjs-telemetry';

@Module({
  imports: [TelemetryModule.forRootAsync({ useFactory: () => tracerConfigFromEnv() })],
})
export class AppModule {}
// #endregion
