import { Injectable } from '@nestjs/common';
import { Counted, Span, SpanAttribute, TracerManager, WideEventService } from 'nestjs-telemetry';
import { InvoicesService } from '../billing/invoices.service.js';
import { OrdersRepository, type Order } from './orders.repository.js';

export interface PricedOrder extends Order {
  readonly total: number;
  readonly traceId: string | undefined;
}

@Injectable()
export class OrdersService {
  constructor(
    private readonly tracer: TracerManager,
    private readonly repository: OrdersRepository,
    private readonly invoices: InvoicesService,
    private readonly event: WideEventService,
  ) {}

  @Span()
  @Counted('orders.priced')
  async findPriced(@SpanAttribute('order.id') id: string): Promise<PricedOrder> {
    const order = await this.repository.load(id);
    const total = this.tracer.withSpan('price items', (span) => {
      span.setAttribute('order.items', order.items.length);
      return order.items.length * 10;
    });
    await this.invoices.quote(id, total);
    return { ...order, total, traceId: this.tracer.currentTraceId() };
  }

  @Span()
  async receipt(id: string): Promise<string> {
    const { items } = await this.repository.load(id);
    this.event.setMany({ 'order.id': id, 'order.items': items.length });
    throw new Error(`The receipt printer is out of paper, order ${id} has to wait.`);
  }
}
