import { Module } from '@nestjs/common';
import { TelemetryAdminModule, TelemetryMetricsModule, TelemetryModule } from 'nestjs-telemetry';
import { AdminTokenGuard, callerOf } from './admin/admin-token.guard.js';
import { AssistantModule } from './assistant/assistant.module.js';
import { BillingModule } from './billing/billing.module.js';
import { FeedModule } from './feed/feed.module.js';
import { HealthController } from './health/health.controller.js';
import { OrdersModule } from './orders/orders.module.js';
import { ShipmentsModule } from './shipments/shipments.module.js';

@Module({
  imports: [
    TelemetryModule.forRoot({
      service: { name: 'orders', version: '1.0.0' },
      isGlobal: true,
      devtools: process.env.NODE_ENV !== 'production',
      http: { exclude: ['/health', '/metrics', '/admin/*'] },
      sse: { onShutdown: 'complete' },
      genai: { prices: { 'gpt-4o': { inputPerMillion: 2.5, outputPerMillion: 10 } } },
    }),
    TelemetryAdminModule.register({
      guards: [AdminTokenGuard],
      whoami: (request: { headers: { authorization?: string } }) => callerOf(request.headers)?.name,
    }),
    TelemetryMetricsModule.register({ path: 'metrics' }),
    OrdersModule,
    BillingModule,
    ShipmentsModule,
    FeedModule,
    AssistantModule,
  ],
  controllers: [HealthController],
})
export class AppModule {}
