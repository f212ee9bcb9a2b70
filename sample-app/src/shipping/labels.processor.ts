import { setTimeout as delay } from 'node:timers/promises';
import { Processor, WorkerHost } from '@nestjs/bullmq';
import type { Job } from 'bullmq';
import { Span } from 'nestjs-telemetry';
import { LABELS, type Shipment } from './messages.js';

@Processor(LABELS)
export class LabelsProcessor extends WorkerHost {
  process({ data }: Job<Shipment>): Promise<void> {
    return this.print(data.orderId);
  }

  @Span('print label')
  private async print(_orderId: string): Promise<void> {
    await delay(5);
  }
}
