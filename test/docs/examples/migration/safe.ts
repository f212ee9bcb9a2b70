// #region safe
import { Injectable, Module } from '@nestjs/common';
import { TelemetryModule, TracerManager } from 'nestjs-telemetry';

@Injectable()
export class Work {
  constructor(private readonly manager: TracerManager) {}

  run(): string {
    return this.manager.withSpan('operation', () => 'done');
  }
}

@Module({
  imports: [TelemetryModule.forRoot({ onConfigError: 'warn' })],
  providers: [Work],
})
export class AppModule {}
// #endregion
