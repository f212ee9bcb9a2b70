// #region three-lines
import { Module } from '@nestjs/common';
import { TelemetryModule } from 'nestjs-telemetry';

@Module({ imports: [TelemetryModule.forRoot({ service: { name: 'orders' } })] })
export class AppModule {}
// #endregion
