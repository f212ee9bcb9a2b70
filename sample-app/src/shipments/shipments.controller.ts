import { Controller, Param, Post } from '@nestjs/common';
import { TracerManager } from 'nestjs-telemetry';
import type { Shipment } from '../shipping/messages.js';
import { ShipmentsService } from './shipments.service.js';

@Controller('orders')
export class ShipmentsController {
  constructor(
    private readonly shipments: ShipmentsService,
    private readonly tracer: TracerManager,
  ) {}

  @Post(':id/shipment')
  async book(@Param('id') id: string): Promise<Shipment & { traceId: string | undefined }> {
    return { ...(await this.shipments.book(id)), traceId: this.tracer.currentTraceId() };
  }
}
