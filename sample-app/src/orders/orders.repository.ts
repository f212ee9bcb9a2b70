import { setTimeout as delay } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { Span } from 'nestjs-telemetry';

export interface Order {
  readonly id: string;
  readonly items: readonly string[];
}

@Injectable()
export class OrdersRepository {
  @Span('SELECT orders', { attributes: { 'db.system.name': 'postgresql' } })
  async load(id: string): Promise<Order> {
    await delay(4);
    return { id, items: ['teapot', 'cup'] };
  }
}
