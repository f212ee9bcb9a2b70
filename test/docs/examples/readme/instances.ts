import { Controller, Get, Injectable, Module } from '@nestjs/common';
import { Span, TelemetryModule } from 'nestjs-telemetry';

@Injectable()
class InvoicesService {
  @Span()
  quote(): number {
    return 20;
  }
}

@Controller('orders')
class OrdersController {
  constructor(private readonly invoices: InvoicesService) {}

  @Get()
  list(): number {
    return this.invoices.quote();
  }
}

// #region instances
@Module({
  imports: [
    TelemetryModule.forRoot({
      service: { name: 'billing' },
      exporter: { type: 'otlp-grpc', url: 'http://billing-collector:4317' },
    }),
  ],
  providers: [InvoicesService],
  exports: [InvoicesService],
})
export class BillingModule {}

@Module({
  imports: [TelemetryModule.forRoot({ service: { name: 'shop' } }), BillingModule],
  controllers: [OrdersController],
})
export class AppModule {}
// #endregion
