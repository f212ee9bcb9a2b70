import { getQueueToken } from '@nestjs/bullmq';
import { Inject, Injectable, Optional } from '@nestjs/common';
import { ClientProxy } from '@nestjs/microservices';
import type { Queue } from 'bullmq';
import { Tool } from 'nestjs-telemetry/genai';
import { lastValueFrom } from 'rxjs';
import { BOOK, BOOKED, LABELS, TRACK, type Shipment } from '../shipping/messages.js';

export const SHIPPING = 'SHIPPING';

@Injectable()
export class ShipmentsService {
  constructor(
    @Inject(SHIPPING) private readonly shipping: ClientProxy,
    @Optional() @Inject(getQueueToken(LABELS)) private readonly labels?: Queue,
  ) {}

  async book(orderId: string): Promise<Shipment> {
    const shipment = await lastValueFrom(this.shipping.send<Shipment>(BOOK, orderId));
    this.shipping.emit(BOOKED, shipment);
    await this.labels?.add('print', shipment, { attempts: 3 });
    return shipment;
  }

  /** A tool of the assistant, too. */
  @Tool()
  track(orderId: string): Promise<Shipment> {
    return lastValueFrom(this.shipping.send<Shipment>(TRACK, orderId));
  }
}
