import { Controller, Get, Module } from '@nestjs/common';
import { TelemetryModule } from 'nestjs-telemetry';

@Controller()
class RoutesController {
  @Get(['health', 'metrics', 'internal/jobs', 'orders'])
  any(): string {
    return 'ok';
  }
}

@Module({
  imports: [
    // #region exclude
    TelemetryModule.forRoot({
      service: { name: 'shop' },
      http: { exclude: ['/health', 'GET /metrics', '/internal/*'] },
    }),
    // #endregion
  ],
  controllers: [RoutesController],
})
export class AppModule {}
