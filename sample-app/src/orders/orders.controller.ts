import { Controller, Delete, Get, Param, UseGuards, UseInterceptors } from '@nestjs/common';
import { WideEventInterceptor } from 'nestjs-telemetry';
import { AdminGuard } from './admin.guard.js';
import { OrdersService, type PricedOrder } from './orders.service.js';

@Controller('orders')
export class OrdersController {
  constructor(private readonly orders: OrdersService) {}

  @Get(':id')
  findOne(@Param('id') id: string): Promise<PricedOrder> {
    return this.orders.findPriced(id);
  }

  @Get(':id/receipt')
  @UseInterceptors(WideEventInterceptor)
  receipt(@Param('id') id: string): Promise<string> {
    return this.orders.receipt(id);
  }

  @Delete(':id')
  @UseGuards(AdminGuard)
  remove(@Param('id') id: string): { removed: string } {
    return { removed: id };
  }
}
