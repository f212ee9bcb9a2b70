import { Controller, Get, Module } from '@nestjs/common';
import { Baggage, TelemetryModule } from 'nestjs-telemetry';

// #region baggage
@Controller('cart')
export class CartController {
  @Get()
  show(@Baggage('user.id') user = 'nobody'): { owner: string } {
    return { owner: user };
  }
}

@Module({
  imports: [TelemetryModule.forRoot({ baggage: { headers: { 'x-user-id': 'user.id' } } })],
  controllers: [CartController],
})
export class AppModule {}
// #endregion
