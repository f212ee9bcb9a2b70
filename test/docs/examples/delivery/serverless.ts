import { Injectable, Module, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Span, TelemetryModule, TracerManager } from 'nestjs-telemetry';

export interface OrderEvent {
  readonly id: string;
}

@Injectable()
class OrdersService {
  @Span()
  handle({ id }: OrderEvent): string {
    return `order ${id}`;
  }
}

// #region serverless
@Module({
  imports: [TelemetryModule.forRoot({ batch: { exportTimeoutMillis: 2_000 } })],
  providers: [OrdersService],
})
export class FunctionModule {}

let started: Promise<INestApplicationContext> | undefined;

export async function handler(event: OrderEvent): Promise<string> {
  const app = await (started ??= NestFactory.createApplicationContext(FunctionModule));
  try {
    return app.get(OrdersService).handle(event);
  } finally {
    await app.get(TracerManager, { strict: false }).forceFlush();
  }
}
// #endregion
