import {
  Controller,
  ForbiddenException,
  Get,
  Inject,
  Injectable,
  NotFoundException,
  Param,
  Scope,
  UseGuards,
  type CanActivate,
} from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import {
  Span,
  WideEventInterceptor,
  WideEventService,
  type TelemetryModuleOptions,
} from '../../../src/index.js';
import { startApp, type TestApp, type TestAppOptions } from '../../support/test-app.js';

export const MARK = { 'nestjs_otel.wide_event': true };
/** Binds the interceptor to every route. */
export const EVERYWHERE = { provide: APP_INTERCEPTOR, useClass: WideEventInterceptor };

@Injectable()
class Carts {
  constructor(@Inject(WideEventService) private readonly event: WideEventService) {}

  @Span()
  async load(id: string): Promise<void> {
    const stop = this.event.startTimer('cart.load_ms');
    this.event.increment('db.queries');
    await Promise.resolve();
    this.event.increment('db.queries', 2);
    this.event.set('cart.id', id);
    stop();
  }
}

@Injectable({ scope: Scope.REQUEST })
class Visitor {
  constructor(@Inject(WideEventService) private readonly event: WideEventService) {}

  greet(): void {
    this.event.setMany({ 'visitor.greeted': true, 'visitor.name': undefined });
  }
}

class NobodyGuard implements CanActivate {
  canActivate(): boolean {
    throw new ForbiddenException();
  }
}

@Controller('carts')
class CartsController {
  constructor(
    @Inject(Carts) private readonly carts: Carts,
    @Inject(Visitor) private readonly visitor: Visitor,
    @Inject(WideEventService) private readonly event: WideEventService,
  ) {}

  @Get('missing')
  missing(): void {
    throw new NotFoundException('no cart, password=hunter2');
  }

  @Get('broken')
  @Span()
  broken(): void {
    this.event.set('error.type', 'overwritten later');
    throw new RangeError('out of carts');
  }

  @Get('denied')
  @UseGuards(NobodyGuard)
  denied(): void {}

  @Get(':id')
  async find(@Param('id') id: string): Promise<string> {
    await this.carts.load(id);
    this.visitor.greet();
    return 'found';
  }
}

/** An app all of whose requests are wide events. */
export function carts(telemetry: TelemetryModuleOptions = {}, more: TestAppOptions = {}): Promise<TestApp> {
  return startApp({
    controllers: [CartsController],
    providers: [Carts, Visitor, EVERYWHERE],
    telemetry,
    ...more,
  });
}
