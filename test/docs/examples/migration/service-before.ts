// #region service-before
import { trace } from '@opentelemetry/api';

const tracer = trace.getTracer('orders');

export class OrdersService {
  find(id: string): { id: string } {
    return tracer.startActiveSpan('OrdersService.find', (span) => {
      try {
        return { id };
      } finally {
        span.end();
      }
    });
  }
}
// #endregion
