import { AsyncResource } from 'node:async_hooks';
import {
  Catch,
  Controller,
  Get,
  HttpException,
  Inject,
  Param,
  UseFilters,
  UseInterceptors,
  type ExceptionFilter,
  type ExecutionContext,
} from '@nestjs/common';
import { describe, expect, it, vi } from 'vitest';
import { WideEventInterceptor, WideEventService } from '../../../src/index.js';
import { exceptionEvent, serverSpan } from '../../support/expected-server-span.js';
import { LogRecorder } from '../../support/log-recorder.js';
import { ALL_SERVERS } from '../../support/server-kinds.js';
import { shapeOf } from '../../support/span-shape.js';
import { startApp } from '../../support/test-app.js';
import { carts, EVERYWHERE, MARK } from './carts.js';

describe.each(ALL_SERVERS)('a wide event, $name', (server) => {
  it('is the server span, with the fields that anybody knows', async () => {
    const seed = vi.fn((context: ExecutionContext) => ({
      'plan.name': context.switchToHttp().getRequest<{ headers: Record<string, string> }>().headers['x-plan'],
      'plan.coupon': undefined,
    }));
    const app = await carts({ wideEvents: { seed } }, { server });
    await app.get('/carts/7', { 'x-plan': 'gold' });
    const span = await app.recorder.waitFor('GET /carts/:id');
    expect(shapeOf(span)).toEqual(
      serverSpan(app, {
        path: '/carts/7',
        route: '/carts/:id',
        handler: 'CartsController.find',
        attributes: {
          ...MARK,
          'plan.name': 'gold',
          'db.queries': 3,
          'cart.load_ms': expect.any(Number) as number,
          'cart.id': '7',
          'visitor.greeted': true,
        },
      }),
    );
    expect(app.recorder.tree()).toMatchObject([
      { name: 'GET /carts/:id', children: [{ name: 'Carts.load', children: [] }] },
    ]);
    expect(app.recorder.span('Carts.load').attributes).toEqual({});
    expect(seed).toHaveBeenCalledTimes(1);
  });

  it('has type and masked message of a client’s mistake, which stays no failure', async () => {
    const app = await carts({}, { server });
    expect((await app.get('/carts/missing')).status).toBe(404);
    expect(shapeOf(await app.recorder.waitFor('GET /carts/missing'))).toEqual(
      serverSpan(app, {
        path: '/carts/missing',
        route: '/carts/missing',
        handler: 'CartsController.missing',
        code: 404,
        attributes: {
          ...MARK,
          'error.type': 'NotFoundException',
          'error.message': 'no cart, password=__REDACTED__',
        },
      }),
    );
  });

  it('has type and message of a failure, which is recorded once', async () => {
    const app = await carts({}, { server });
    expect((await app.get('/carts/broken')).status).toBe(500);
    expect(shapeOf(await app.recorder.waitFor('GET /carts/broken'))).toMatchObject({
      status: { code: 'ERROR' },
      attributes: { ...MARK, 'error.type': 'RangeError', 'error.message': 'out of carts' },
      events: [],
    });
    expect(shapeOf(app.recorder.span('CartsController.broken')).events).toEqual([
      exceptionEvent('RangeError', 'out of carts'),
    ]);
  });
});

class NoStock extends Error {}

@Catch(NoStock)
class NoStockFilter implements ExceptionFilter {
  constructor(@Inject(WideEventService) private readonly event: WideEventService) {}

  catch(error: NoStock): never {
    this.event.set('filter.saw', error.message);
    throw new HttpException('none left', 409);
  }
}

it('takes what an exception filter knows', async () => {
  @Controller('stock')
  @UseInterceptors(WideEventInterceptor)
  class StockController {
    @Get()
    @UseFilters(NoStockFilter)
    take(): void {
      throw new NoStock('teapots');
    }
  }
  const app = await startApp({ controllers: [StockController] });
  await app.get('/stock');
  expect((await app.recorder.waitFor('GET /stock')).attributes).toMatchObject({
    ...MARK,
    'filter.saw': 'teapots',
    'error.type': 'NoStock',
    'error.message': 'teapots',
  });
});

it('keeps two requests apart that run at once', async () => {
  let bothHere = (): void => {};
  const both = new Promise<void>((resolve) => (bothHere = resolve));
  let here = 0;

  @Controller('race')
  class RaceController {
    constructor(@Inject(WideEventService) private readonly event: WideEventService) {}

    @Get(':id')
    async run(@Param('id') id: string): Promise<void> {
      this.event.set('race.id', id);
      this.event.increment('race.steps');
      here += 1;
      if (here === 2) bothHere();
      await both;
      this.event.increment('race.steps', Number(id));
    }
  }
  const app = await startApp({ controllers: [RaceController], providers: [EVERYWHERE] });
  await Promise.all([app.get('/race/1'), app.get('/race/2')]);
  await app.recorder.waitFor(({ attributes }) => attributes['race.id'] === '1');
  await app.recorder.waitFor(({ attributes }) => attributes['race.id'] === '2');
  const fields = app.recorder
    .spans()
    .map(({ attributes }) => [attributes['race.id'], attributes['race.steps']]);
  expect(fields.toSorted()).toEqual([
    ['1', 2],
    ['2', 3],
  ]);
});

describe('outside of what the interceptor handles', () => {
  it('fields go nowhere: at start-up, on other routes, and once the span has ended', async () => {
    const logger = new LogRecorder();
    let later = (): void => {};

    @Controller()
    class PlainController {
      constructor(@Inject(WideEventService) private readonly event: WideEventService) {
        this.write();
      }

      @Get('plain')
      plain(): void {
        this.write();
      }

      @Get('wide')
      @UseInterceptors(WideEventInterceptor)
      wide(): void {
        const stop = this.event.startTimer('late');
        // In the request's context, as everything that it has started.
        later = AsyncResource.bind(() => {
          stop();
          this.write();
        });
      }

      private write(): void {
        this.event.set('late', 1);
        this.event.setMany({ late: 1 });
        this.event.increment('late');
        this.event.startTimer('late')();
      }
    }
    const app = await startApp({ controllers: [PlainController], logger });
    const lines = logger.lines().length;
    await app.get('/plain');
    const plain = await app.recorder.waitFor('GET /plain');
    await app.get('/wide');
    const wide = await app.recorder.waitFor('GET /wide');
    later();
    expect(shapeOf(plain)).toEqual(
      serverSpan(app, { path: '/plain', route: '/plain', handler: 'PlainController.plain' }),
    );
    expect(shapeOf(wide)).toEqual(
      serverSpan(app, { path: '/wide', route: '/wide', handler: 'PlainController.wide', attributes: MARK }),
    );
    expect(logger.lines().slice(lines)).toEqual([]);
  });
});

describe('the mark', () => {
  it.each([
    ['a field of its name', {}, { 'nestjs_otel.wide_event': false }],
    ['more fields than a span takes', { spanLimits: { attributeCountLimit: 16 } }, manyFields(32)],
  ] as const)('stays, whatever comes: %s', async (_what, telemetry, fields) => {
    const app = await carts({ ...telemetry, wideEvents: { seed: () => fields } });
    await app.get('/carts/7');
    expect((await app.recorder.waitFor('GET /carts/:id')).attributes).toMatchObject(MARK);
  });
});

function manyFields(count: number): Record<string, number> {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`field.${index}`, index]));
}
