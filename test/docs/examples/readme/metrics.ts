import { Injectable, Module } from '@nestjs/common';
import type { Histogram } from '@opentelemetry/api';
import { MeterManager, TelemetryModule, Timed } from 'nestjs-telemetry';

// #region metrics
@Injectable()
export class CheckoutService {
  private readonly totals: Histogram;

  constructor(meters: MeterManager) {
    this.totals = meters.histogram('checkout.total', { unit: 'EUR' });
  }

  @Timed('checkout.duration')
  pay(total: number): void {
    this.totals.record(total);
  }
}
// #endregion

@Module({
  imports: [TelemetryModule.forRoot({ service: { name: 'shop' } })],
  providers: [CheckoutService],
})
export class AppModule {}
