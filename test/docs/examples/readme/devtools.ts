import { Module } from '@nestjs/common';
import { TelemetryModule } from 'nestjs-telemetry';

@Module({
  imports: [
    // #region devtools
    TelemetryModule.forRoot({ service: { name: 'shop' }, devtools: true }),
    // #endregion
  ],
})
export class AppModule {}
