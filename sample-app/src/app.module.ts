import { Module } from '@nestjs/common';
import { TelemetryModule } from 'nestjs-telemetry';
import { BillingModule } from './billing/billing.module.js';
import { OrdersModule } from './orders/orders.module.js';

@Module({
  imports: [
    TelemetryModule.forRoot({ service: { name: 'orders', version: '1.0.0' }, isGlobal: true }),
    OrdersModule,
    BillingModule,
  ],
})
export class AppModule {}
