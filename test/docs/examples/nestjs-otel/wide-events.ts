// As in nestjs-otel 8.1.1's README, with another import and another module call.
import { Controller, Get, Injectable, Module, UseInterceptors } from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { TelemetryModule, WideEventField, WideEventInterceptor, WideEventService } from 'nestjs-telemetry';

export interface Cart {
  readonly userId: string;
  readonly items: readonly string[];
  readonly total: number;
}

export class PaymentDeclinedError extends Error {}

@Injectable()
export class PaymentGateway {
  async charge(cart: Cart): Promise<void> {
    await Promise.resolve();
    if (cart.total > 100) throw new PaymentDeclinedError('card declined');
  }
}

@Injectable()
export class CheckoutService {
  constructor(
    private readonly wideEvent: WideEventService,
    private readonly paymentGateway: PaymentGateway,
  ) {}

  async checkout(cart: Cart) {
    this.wideEvent.setMany({
      'user.id': cart.userId,
      'cart.items': cart.items.length,
      'cart.total': cart.total,
    });

    const stopTimer = this.wideEvent.startTimer('payment.duration_ms');
    await this.paymentGateway.charge(cart);
    stopTimer();

    this.wideEvent.increment('db.queries');
  }
}

@Injectable()
export class BooksService {
  // records `books.count` = result.length
  @WideEventField('books.count', (books: string[]) => books.length)
  async getBooks() {
    return ['Book 1', 'Book 2'];
  }
}

@Controller('checkout')
export class CheckoutController {
  constructor(
    private readonly service: CheckoutService,
    private readonly books: BooksService,
  ) {}

  @Get()
  async checkout(): Promise<void> {
    await this.books.getBooks();
    await this.service.checkout({ userId: 'u-123', items: ['a', 'b', 'c'], total: 42.5 });
  }

  @Get('declined')
  declined(): Promise<void> {
    return this.service.checkout({ userId: 'u-123', items: [], total: 420 });
  }
}

const providers = [CheckoutService, PaymentGateway, BooksService];

// For every request
@Module({
  imports: [TelemetryModule.forRoot({ service: { name: 'shop' } })],
  controllers: [CheckoutController],
  providers: [
    ...providers,
    {
      provide: APP_INTERCEPTOR,
      useClass: WideEventInterceptor,
    },
  ],
})
export class AppModule {}

// For those of a controller
@Controller('checkout')
@UseInterceptors(WideEventInterceptor)
export class WideController extends CheckoutController {
  // every route in this controller now emits a wide event
}

@Controller('plain')
export class PlainController extends CheckoutController {}

@Module({
  imports: [
    TelemetryModule.forRoot({
      service: { name: 'shop' },
      wideEvents: {
        seed: (ctx) => {
          const req = ctx.switchToHttp().getRequest();
          return {
            'app.version': process.env.BUILD_SHA,
            'user.id': req.user?.id,
          };
        },
      },
    }),
  ],
  controllers: [WideController, PlainController],
  providers,
})
export class SeededModule {}
