import { Controller, Get, Module } from '@nestjs/common';
import { TelemetryModule } from 'nestjs-telemetry';

@Controller('orders')
class OrdersController {
  @Get(':id')
  find(): string {
    return 'teapot';
  }
}

@Module({
  imports: [
    // #region edge
    TelemetryModule.forRoot({
      service: { name: 'shop' },
      http: {
        trustRemoteParent: (request) => request.headers['x-from-gateway'] === 'yes',
        traceIdHeader: 'x-trace-id',
        redactQuery: ['voucher'],
        requestHook: (span, request) => {
          span.setAttribute('shop.locale', request.headers['accept-language'] ?? 'none');
        },
      },
    }),
    // #endregion
  ],
  controllers: [OrdersController],
})
export class AppModule {}
