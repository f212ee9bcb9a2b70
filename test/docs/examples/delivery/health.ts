import { Controller, Get, Module } from '@nestjs/common';
import { HealthCheckService, TerminusModule, type HealthCheckResult } from '@nestjs/terminus';
import { TelemetryHealthIndicator, TelemetryModule } from 'nestjs-telemetry';

// #region health
@Controller('health')
export class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly telemetry: TelemetryHealthIndicator,
  ) {}

  @Get()
  check(): Promise<HealthCheckResult> {
    return this.health.check([() => this.telemetry.check()]);
  }
}
// #endregion

@Module({
  imports: [TerminusModule, TelemetryModule.forRoot({ service: { name: 'shop' } })],
  controllers: [HealthController],
})
export class AppModule {}
