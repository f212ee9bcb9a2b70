// #region drop-in
import { Controller, Get, Injectable, Module, Param } from '@nestjs/common';
import { Span, TelemetryModule } from 'nestjs-telemetry';

@Injectable()
export class OrdersService {
  @Span()
  find(id: string): { id: string } {
    return { id };
  }
}

@Controller('orders')
export class OrdersController {
  constructor(private readonly orders: OrdersService) {}

  @Get(':id')
  findOne(@Param('id') id: string): { id: string } {
    return this.orders.find(id);
  }
}

@Module({
  imports: [TelemetryModule.forRoot()],
  controllers: [OrdersController],
  providers: [OrdersService],
})
export class AppModule {}
// #endregion
