import { Module } from '@nestjs/common';
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici';
import { TelemetryModule } from 'nestjs-telemetry';

@Module({
  imports: [
    // #region instrumentations
    TelemetryModule.forRoot({
      service: { name: 'shop' },
      instrumentations: [new UndiciInstrumentation()],
    }),
    // #endregion
  ],
})
export class AppModule {}
