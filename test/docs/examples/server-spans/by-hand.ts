import { Controller, Get, Module, UseInterceptors } from '@nestjs/common';
import { HttpTelemetryInterceptor, TelemetryModule } from 'nestjs-telemetry';

// #region by-hand
@Controller('reports')
export class ReportsController {
  @Get('daily')
  @UseInterceptors(HttpTelemetryInterceptor)
  daily(): string {
    return 'traced';
  }

  @Get('ping')
  ping(): string {
    return 'not traced';
  }
}

@Module({
  imports: [TelemetryModule.forRoot({ service: { name: 'reports' }, http: false })],
  controllers: [ReportsController],
})
export class AppModule {}
// #endregion
