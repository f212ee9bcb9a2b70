import { Controller, Get, Injectable, Param } from '@nestjs/common';
import { SpanKind, type Span as ApiSpan } from '@opentelemetry/api';
import { CurrentSpan, NoSpan, Span, SpanAttribute, Traceable, TracerManager } from 'nestjs-telemetry';

export interface Order {
  readonly id: string;
  readonly customer: { readonly id: string };
  readonly items: readonly string[];
}

// #region span
@Injectable()
export class OrdersService {
  // OrdersService.find
  @Span()
  async find(id: string): Promise<Order> {
    return { id, customer: { id: 'c1' }, items: ['tea'] };
  }

  @Span('SELECT orders', { kind: SpanKind.CLIENT, attributes: { 'db.system.name': 'postgresql' } })
  async select(): Promise<Order[]> {
    return [];
  }

  // Options from the arguments.
  @Span((order: Order) => ({ attributes: { 'order.items': order.items.length } }))
  async place(_order: Order): Promise<void> {}

  // Attributes from the result.
  @Span({ onResult: (orders: Order[]) => ({ attributes: { 'result.items_count': orders.length } }) })
  async list(): Promise<Order[]> {
    return [];
  }
}
// #endregion

// #region parameters
@Injectable()
export class InvoiceService {
  @Span()
  async print(
    @SpanAttribute('order.id', 'id') _order: Order,
    @SpanAttribute('items', (items: string[]) => items.length) _items: string[],
    @SpanAttribute('request.priority') _priority = 'normal',
  ): Promise<void> {}
}
// #endregion

// #region traceable
@Traceable({ exclude: ['log*'] })
@Injectable()
export class StockService {
  reserve(_item: string): boolean {
    return this.isKnown();
  }

  @NoSpan()
  isKnown(): boolean {
    return true;
  }
}
// #endregion

// #region controller
@Controller('orders')
export class OrdersController {
  constructor(private readonly orders: OrdersService) {}

  @Get(':id')
  async find(@Param('id') id: string, @CurrentSpan() span: ApiSpan): Promise<Order> {
    span.setAttribute('order.id', id);
    return this.orders.find(id);
  }

  // Neither this request nor what it calls is traced.
  @NoSpan()
  @Get('health/live')
  live(): string {
    return 'up';
  }
}
// #endregion

// #region by-hand
@Injectable()
export class ImportService {
  constructor(private readonly tracer: TracerManager) {}

  async run(rows: string[]): Promise<number> {
    return this.tracer.withSpan(
      'data_processing',
      { attributes: { 'data.size': rows.length } },
      async (span) => {
        for (const [index, row] of rows.entries()) {
          await this.store(row);
          // An event at the first and each 100th row, while `debugEvents` is on.
          this.tracer.checkpoint(
            'processing_checkpoint',
            () => ({ items_processed: index, current_item_id: row }),
            {
              every: 100,
            },
          );
        }
        span.setAttribute('processing.items_processed', rows.length);
        return rows.length;
      },
    );
  }

  private async store(_row: string): Promise<void> {}
}
// #endregion

// #region flow
@Injectable()
export class ChatService {
  constructor(private readonly tracer: TracerManager) {}

  async answer(sessionId: string, question: string): Promise<string> {
    return this.tracer.withAttributes(
      {
        sessionId,
        metadata: { plan: 'gold' },
        tags: ['chat'],
        promptTemplate: { template: 'Answer: {question}', version: 'v1', variables: { question } },
        'app.feature': 'chat',
      },
      async () => {
        await this.tracer.withoutTracing(() => this.moderate(question));
        return this.complete(question);
      },
    );
  }

  @Span('moderate')
  private async moderate(_question: string): Promise<void> {}

  @Span('complete')
  private async complete(question: string): Promise<string> {
    return `about ${question}`;
  }
}
// #endregion
