import { setTimeout as delay } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { Span } from 'nestjs-telemetry';

export interface Quote {
  readonly orderId: string;
  readonly amount: number;
}

@Injectable()
export class InvoicesService {
  @Span('quote invoice')
  async quote(orderId: string, amount: number): Promise<Quote> {
    await delay(2);
    return { orderId, amount };
  }
}
