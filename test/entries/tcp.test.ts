import { Controller, Get, Inject, Injectable, UseGuards, type CanActivate } from '@nestjs/common';
import {
  ClientProxy,
  ClientsModule,
  EventPattern,
  MessagePattern,
  Payload,
  RpcException,
  Transport,
  type MicroserviceOptions,
} from '@nestjs/microservices';
import { firstValueFrom, from, lastValueFrom, toArray } from 'rxjs';
import { expect, test } from 'vitest';
import { TracerManager } from '../../src/index.js';
import { shapeOf } from '../support/span-shape.js';
import { startApp } from '../support/test-app.js';
import { freePort } from '../support/free-port.js';

@Injectable()
class DenyGuard implements CanActivate {
  canActivate(): boolean {
    return false;
  }
}

@Controller()
class ShippingController {
  constructor(@Inject(TracerManager) private readonly manager: TracerManager) {}

  @MessagePattern('sum')
  sum(@Payload() numbers: number[]): number {
    return this.manager.withSpan('adding', () => numbers.reduce((a, b) => a + b, 0));
  }

  @MessagePattern({ cmd: 'count' })
  count(@Payload() to: number): unknown {
    return from(Array.from({ length: to }, (_, index) => index));
  }

  @MessagePattern('denied')
  @UseGuards(DenyGuard)
  denied(): string {
    return 'never';
  }

  @MessagePattern('fails')
  fails(): never {
    throw new RpcException({ code: 'NO_STOCK', message: 'out of stock' });
  }

  @EventPattern('shipped')
  shipped(): void {
    this.manager.withSpan('noting', () => undefined);
  }
}

@Controller()
class OrdersController {
  constructor(@Inject('SHIPPING') private readonly shipping: ClientProxy) {}

  @Get('sum')
  sum(): Promise<number> {
    return firstValueFrom(this.shipping.send<number>('sum', [1, 2, 3]));
  }

  @Get('count')
  count(): Promise<number[]> {
    return lastValueFrom(this.shipping.send<number>({ cmd: 'count' }, 3).pipe(toArray()));
  }

  @Get('denied')
  async denied(): Promise<unknown> {
    return firstValueFrom(this.shipping.send('denied', {})).catch((error: unknown) => error);
  }

  @Get('fails')
  async fails(): Promise<unknown> {
    return firstValueFrom(this.shipping.send('fails', {})).catch((error: unknown) => error);
  }

  @Get('unknown')
  async unknown(): Promise<unknown> {
    return firstValueFrom(this.shipping.send('nobody', {})).catch((error: unknown) => error);
  }

  @Get('ship')
  async ship(): Promise<void> {
    await lastValueFrom(this.shipping.emit('shipped', { id: 1 }), { defaultValue: undefined });
  }
}

test('try', async () => {
  const port = await freePort();
  const { recorder, get } = await (async () => {
    const app = await startApp({
      controllers: [OrdersController, ShippingController],
      imports: [ClientsModule.register([{ name: 'SHIPPING', transport: Transport.TCP, options: { port } }])],
      setup: async (app) => {
        app.connectMicroservice<MicroserviceOptions>({ transport: Transport.TCP, options: { port } });
        await app.startAllMicroservices();
      },
    });
    return { recorder: app.recorder, get: (path: string) => app.get(path) };
  })();
  for (const path of ['/sum', '/count', '/denied', '/fails', '/unknown', '/ship']) {
    recorder.reset?.();
    const answer = await get(path);
    console.log(path, answer.status, answer.body);
    await new Promise((r) => setTimeout(r, 100));
    for (const span of recorder.spans())
      console.log(
        JSON.stringify({
          trace: span.spanContext().traceId.slice(0, 4),
          id: span.spanContext().spanId,
          ...shapeOf(span),
          events: undefined,
        }),
      );
    recorder.clear?.();
  }
  expect(1).toBe(1);
});
