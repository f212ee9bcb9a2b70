import { Module } from '@nestjs/common';
import { TelemetryModule } from 'nestjs-telemetry';
import { LabelsProcessor } from './labels.processor.js';
import { labelsQueue } from './labels.queue.js';
import { hasRedis } from './redis.js';
import { ShippingController } from './shipping.controller.js';

@Module({
  imports: [TelemetryModule.forRoot({ service: { name: 'shipping', version: '1.0.0' } }), ...labelsQueue],
  controllers: [ShippingController],
  providers: hasRedis ? [LabelsProcessor] : [],
})
export class ShippingModule {}
