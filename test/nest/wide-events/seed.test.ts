import { Controller, Get, Inject, UseInterceptors } from '@nestjs/common';
import { describe, expect, it, vi } from 'vitest';
import {
  TelemetryModule,
  WideEventInterceptor,
  WideEventService,
  type WideEventOptions,
} from '../../../src/index.js';
import { SpanRecorder } from '../../../src/testing/index.js';
import { appModule, startApp } from '../../support/test-app.js';
import { carts, EVERYWHERE, MARK } from './carts.js';

describe('the seed', () => {
  it.each([
    [
      'throws',
      () => {
        throw new Error('no user, password=hunter2');
      },
    ],
    ['rejects', () => Promise.reject(new Error('no user, password=hunter2'))],
  ])('that %s is told of on the event, and harms nothing', async (_how, seed) => {
    const app = await carts({ wideEvents: { seed } });
    expect(await app.get('/carts/7')).toMatchObject({ status: 200, body: 'found' });
    expect((await app.recorder.waitFor('GET /carts/:id')).attributes).toMatchObject({
      ...MARK,
      'wide_event.seed.error': 'no user, password=__REDACTED__',
      'cart.id': '7',
    });
  });

  it('may be a promise, which nobody waits for', async () => {
    const app = await carts({ wideEvents: { seed: () => Promise.resolve({ 'plan.name': 'gold' }) } });
    await app.get('/carts/7');
    expect((await app.recorder.waitFor('GET /carts/:id')).attributes).toMatchObject({ 'plan.name': 'gold' });
  });

  it('is not asked where a guard says no, for there is no event', async () => {
    const seed = vi.fn(() => ({ 'plan.name': 'gold' }));
    const app = await carts({ wideEvents: { seed } });
    expect((await app.get('/carts/denied')).status).toBe(403);
    const { attributes } = await app.recorder.waitFor('GET /carts/denied');
    expect(attributes).not.toHaveProperty('nestjs_otel.wide_event');
    expect(seed).not.toHaveBeenCalled();
  });

  it('is not asked for a request that is not sampled, whose fields go nowhere', async () => {
    const seed = vi.fn(() => ({ 'plan.name': 'gold' }));
    const app = await carts({ sampler: 0, wideEvents: { seed } });
    expect(await app.get('/carts/7')).toMatchObject({ status: 200, body: 'found' });
    await app.close();
    expect(app.recorder.spans()).toEqual([]);
    expect(seed).not.toHaveBeenCalled();
  });

  it('is asked once, however often the interceptor is bound', async () => {
    const seed = vi.fn(() => ({ visits: 0 }));
    @Controller('twice')
    @UseInterceptors(WideEventInterceptor)
    class TwiceController {
      constructor(@Inject(WideEventService) private readonly event: WideEventService) {}

      @Get()
      visit(): void {
        this.event.increment('visits');
      }
    }
    const app = await startApp({
      controllers: [TwiceController],
      providers: [EVERYWHERE],
      telemetry: { wideEvents: { seed } },
      setup: (nest) => nest.useGlobalInterceptors(nest.get(WideEventInterceptor)),
    });
    await app.get('/twice');
    expect((await app.recorder.waitFor('GET /twice')).attributes).toMatchObject({ ...MARK, visits: 1 });
    expect(seed).toHaveBeenCalledTimes(1);
  });

  it('is that of the instance whose request it is', async () => {
    const recorders = { shop: new SpanRecorder(), billing: new SpanRecorder() };
    const telemetry = (name: keyof typeof recorders) =>
      TelemetryModule.forRoot({
        service: { name },
        exporter: recorders[name],
        wideEvents: { seed: () => ({ seeded: name }) },
      });
    @Controller('billing')
    class BillingController {
      @Get()
      bill(): void {}
    }
    @Controller('shop')
    class ShopController extends BillingController {}
    const app = await startApp({
      telemetry: false,
      imports: [
        telemetry('shop'),
        appModule({ imports: [telemetry('billing')], controllers: [BillingController] }),
      ],
      controllers: [ShopController],
      providers: [EVERYWHERE],
    });
    await app.get('/shop');
    await app.get('/billing');
    expect((await recorders.shop.waitFor('GET /shop')).attributes).toMatchObject({ seeded: 'shop' });
    expect((await recorders.billing.waitFor('GET /billing')).attributes).toMatchObject({ seeded: 'billing' });
  });

  it('has to be a function', async () => {
    const wideEvents = { seed: 'user.id' } as unknown as WideEventOptions;
    await expect(carts({ wideEvents })).rejects.toMatchObject({ path: 'wideEvents.seed' });
  });
});
