import { Controller, Injectable, Module, Param, Post, UseInterceptors } from '@nestjs/common';
import { TelemetryModule, WideEventField, WideEventInterceptor, WideEventService } from 'nestjs-telemetry';

interface ShopRequest {
  readonly user?: { readonly plan: string };
}

// #region wide-event
@Injectable()
export class CheckoutService {
  constructor(private readonly event: WideEventService) {}

  @WideEventField('order.id', (order: { id: string }) => order.id)
  async checkout(items: string[]): Promise<{ id: string }> {
    this.event.setMany({ 'cart.items': items.length, 'cart.gift': false });
    const stop = this.event.startTimer('payment.duration_ms');
    await this.charge();
    stop();
    return { id: 'o-7' };
  }

  private async charge(): Promise<void> {
    this.event.increment('payment.attempts');
  }
}

@Controller('checkout')
@UseInterceptors(WideEventInterceptor)
export class CheckoutController {
  constructor(private readonly shop: CheckoutService) {}

  @Post(':item')
  checkout(@Param('item') item: string): Promise<{ id: string }> {
    return this.shop.checkout([item]);
  }
}

@Module({
  imports: [
    TelemetryModule.forRoot({
      service: { name: 'shop' },
      wideEvents: {
        seed: (context) => ({
          'user.plan': context.switchToHttp().getRequest<ShopRequest>().user?.plan ?? 'none',
        }),
      },
    }),
  ],
  controllers: [CheckoutController],
  providers: [CheckoutService],
})
export class AppModule {}
// #endregion
