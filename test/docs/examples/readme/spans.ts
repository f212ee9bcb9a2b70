import { Injectable } from '@nestjs/common';
import { Span, SpanAttribute, TracerManager } from 'nestjs-telemetry';

export interface Order {
  readonly id: string;
  readonly items: readonly number[];
}

// #region spans
@Injectable()
export class OrdersService {
  constructor(private readonly tracer: TracerManager) {}

  @Span({ onResult: (order: Order) => ({ attributes: { 'order.items': order.items.length } }) })
  async load(@SpanAttribute('order.id') id: string): Promise<Order> {
    return Promise.resolve({ id, items: [12, 30] });
  }

  total({ items }: Order): number {
    return this.tracer.withSpan('sum items', () => items.reduce((sum, price) => sum + price, 0));
  }
}
// #endregion
