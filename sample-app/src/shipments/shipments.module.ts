import { Module } from '@nestjs/common';
import { ClientsModule, Transport } from '@nestjs/microservices';
import { ScheduleModule } from '@nestjs/schedule';
import { labelsQueue } from '../shipping/labels.queue.js';
import { PickupService } from './pickup.service.js';
import { ShipmentsController } from './shipments.controller.js';
import { ShipmentsGateway } from './shipments.gateway.js';
import { SHIPPING, ShipmentsService } from './shipments.service.js';
import { ShippingProcess } from './shipping-process.js';

@Module({
  imports: [
    ClientsModule.registerAsync([
      {
        name: SHIPPING,
        extraProviders: [ShippingProcess],
        inject: [ShippingProcess],
        useFactory: async (shipping: ShippingProcess) => ({
          transport: Transport.TCP,
          options: { host: '127.0.0.1', port: await shipping.start() },
        }),
      },
    ]),
    ScheduleModule.forRoot(),
    ...labelsQueue,
  ],
  controllers: [ShipmentsController],
  providers: [ShipmentsService, ShipmentsGateway, PickupService],
  exports: [ShipmentsService],
})
export class ShipmentsModule {}
