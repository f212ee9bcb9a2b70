import { Injectable } from '@nestjs/common';
import { Cron, CronExpression } from '@nestjs/schedule';
import { TracerManager } from 'nestjs-telemetry';

@Injectable()
export class PickupService {
  constructor(private readonly tracer: TracerManager) {}

  /** A trace for each tick. */
  @Cron(process.env.SAMPLE_CRON ?? CronExpression.EVERY_MINUTE, { name: 'pickup' })
  callTheCourier(): void {
    this.tracer.activeSpan()?.setAttribute('parcels.waiting', 0);
  }
}
