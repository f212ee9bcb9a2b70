import { setTimeout as delay } from 'node:timers/promises';
import { Controller } from '@nestjs/common';
import { EventPattern, MessagePattern, Payload } from '@nestjs/microservices';
import { Span } from 'nestjs-telemetry';
import { BOOK, BOOKED, TRACK, type Shipment } from './messages.js';

@Controller()
export class ShippingController {
  @MessagePattern(BOOK)
  async book(@Payload() orderId: string): Promise<Shipment> {
    await this.reserve(orderId);
    return { orderId, status: 'booked' };
  }

  @MessagePattern(TRACK)
  track(@Payload() orderId: string): Shipment {
    return { orderId, status: 'on its way' };
  }

  /** Nobody waits for it: a trace of its own, linked to the one that has sent it. */
  @EventPattern(BOOKED)
  booked(@Payload() { orderId }: Shipment): Promise<void> {
    return this.pack(orderId);
  }

  @Span('reserve a courier')
  private async reserve(_orderId: string): Promise<void> {
    await delay(3);
  }

  @Span('pack a parcel')
  private async pack(_orderId: string): Promise<void> {
    await delay(2);
  }
}
