import { Module } from '@nestjs/common';
import { TelemetryModule } from 'nestjs-telemetry';
import { InvoicesController } from './invoices.controller.js';
import { InvoicesService } from './invoices.service.js';
import { ReportController } from './report.controller.js';
import { ReportService } from './report.service.js';

/** Billing reports as a service of its own: the nearest instance wins over the root module's. */
@Module({
  imports: [
    TelemetryModule.forRootAsync({
      useFactory: () => ({ service: { name: 'billing', version: '1.0.0' } }),
    }),
  ],
  controllers: [InvoicesController, ReportController],
  providers: [InvoicesService, ReportService],
  exports: [InvoicesService],
})
export class BillingModule {}
