import { Controller, forwardRef, Get, Inject, Injectable, Scope, type ModuleMetadata } from '@nestjs/common';
import { AggregationTemporality, InMemoryMetricExporter } from '@opentelemetry/sdk-metrics';
import { expect, it } from 'vitest';
import { MeterManager, Span, TelemetryModule, Traceable } from '../../src/index.js';
import { OtelInstanceCounter, OtelMethodCounter } from '../../src/entry-points/nestjs-otel.js';
import { appModule, startApp, type TestApp } from '../support/test-app.js';
import { pointsOf } from './support/memory-metrics.js';

async function start(
  metadata: ModuleMetadata,
): Promise<{ app: TestApp; counted: (name: string) => Promise<number[]> }> {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const app = await startApp({ ...metadata, telemetry: { metrics: { readers: exporter } } });
  const counted = async (name: string): Promise<number[]> => {
    await app.app.get(MeterManager, { strict: false }).forceFlush();
    return pointsOf(exporter, name).map(({ value }) => value as number);
  };
  return { app, counted };
}

it('@OtelMethodCounter counts under nestjs-otel’s name, or the one that it is given', async () => {
  @Injectable()
  class Works {
    @OtelMethodCounter()
    plain(): void {}

    @OtelMethodCounter({ name: 'works.named', prefix: 'shop', attributes: { kind: 'a' } })
    named(): void {}
  }
  const { app, counted } = await start({ providers: [Works] });
  const works = app.app.get(Works);
  works.plain();
  works.plain();
  works.named();
  expect(await counted('app.Works.plain.calls.total')).toEqual([2]);
  expect(await counted('shop.works.named')).toEqual([1]);
});

it('@OtelInstanceCounter counts what Nest makes, once each, of every scope', async () => {
  @OtelInstanceCounter()
  @Injectable()
  class Single {}

  @Injectable({ scope: Scope.REQUEST })
  @OtelInstanceCounter()
  class PerRequest {}

  @OtelInstanceCounter({ name: 'transients', prefix: 'shop' })
  @Injectable({ scope: Scope.TRANSIENT })
  class Transient {}

  @Injectable()
  class Neighbour {
    constructor(@Inject(Transient) readonly transient: Transient) {}
  }

  @Controller()
  class VisitsController {
    constructor(
      @Inject(PerRequest) readonly perRequest: PerRequest,
      @Inject(Single) readonly single: Single,
      @Inject(Neighbour) readonly neighbour: Neighbour,
    ) {}

    @Get('visit')
    visit(): void {}
  }
  const { app, counted } = await start({
    controllers: [VisitsController],
    providers: [Single, PerRequest, Transient, Neighbour],
  });
  expect(await counted('app.PerRequest.instances.total')).toEqual([]);
  for (let visit = 0; visit < 3; visit += 1) await app.get('/visit');
  expect(await counted('app.Single.instances.total')).toEqual([1]);
  expect(await counted('app.PerRequest.instances.total')).toEqual([3]);
  expect(await counted('shop.transients')).toEqual([1]);
});

it('@OtelInstanceCounter counts two that need one another', async () => {
  @OtelInstanceCounter()
  @Injectable()
  class Hen {
    constructor(@Inject(forwardRef(() => Egg)) readonly egg: object) {}
  }
  @OtelInstanceCounter()
  @Injectable()
  class Egg {
    constructor(@Inject(forwardRef(() => Hen)) readonly hen: object) {}
  }
  const { counted } = await start({ providers: [Hen, Egg] });
  expect(await counted('app.Hen.instances.total')).toEqual([1]);
  expect(await counted('app.Egg.instances.total')).toEqual([1]);
});

it('@OtelInstanceCounter counts what is made by hand in a request, and subclasses', async () => {
  @OtelInstanceCounter()
  class Cart {}
  class GiftCart extends Cart {}

  @Controller()
  class CartsController {
    @Get('carts')
    make(): number {
      return [new Cart(), new GiftCart(), new Cart()].length;
    }
  }
  const { app, counted } = await start({ controllers: [CartsController] });
  expect(new Cart()).toBeInstanceOf(Cart);
  await app.get('/carts');
  expect(await counted('app.Cart.instances.total')).toEqual([3]);
});

it('@OtelInstanceCounter counts for the instance of the module', async () => {
  @OtelInstanceCounter()
  @Injectable()
  class Billed {}
  @OtelInstanceCounter()
  @Injectable({ scope: Scope.REQUEST })
  class Asked {}
  // No module of its own imports an instance: the root's covers it.
  @OtelInstanceCounter()
  @Injectable()
  class Shopped {}

  @Controller()
  class ShopController {
    constructor(@Inject(Asked) readonly asked: Asked) {}

    @Get('ask')
    ask(): void {}
  }
  const readers = {
    shop: new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE),
    billing: new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE),
  };
  const telemetry = (name: keyof typeof readers) =>
    TelemetryModule.forRootAsync({
      useFactory: async () => {
        await Promise.resolve();
        return { service: { name }, exporter: { type: 'none' }, metrics: { readers: readers[name] } };
      },
    });
  const app = await startApp({
    telemetry: false,
    imports: [
      appModule({ providers: [Shopped] }),
      appModule({ imports: [telemetry('billing')], providers: [Billed, Asked], exports: [Asked] }),
      telemetry('shop'),
    ],
    controllers: [ShopController],
  });
  await app.get('/ask');
  await app.get('/ask');
  // Which exports what is left.
  await app.close();
  const of = (name: keyof typeof readers, counter: string): unknown[] =>
    pointsOf(readers[name], counter).map(({ value }) => value);
  expect(of('billing', 'app.Billed.instances.total')).toEqual([1]);
  expect(of('billing', 'app.Asked.instances.total')).toEqual([2]);
  expect(of('shop', 'app.Shopped.instances.total')).toEqual([1]);
  expect(['app.Billed.instances.total', 'app.Asked.instances.total'].map((name) => of('shop', name))).toEqual(
    [[], []],
  );
});

it('@OtelInstanceCounter leaves the class what it is', async () => {
  @Traceable()
  @OtelInstanceCounter()
  @Controller('kept')
  class KeptController {
    static readonly made = 'here';
    readonly #secret = 'whole';

    static of(): KeptController {
      return new KeptController();
    }

    @Get()
    @Span('shown')
    show(): string {
      return this.#secret;
    }

    tell(): string {
      return this.#secret;
    }
  }
  expect([KeptController.name, KeptController.length, KeptController.made]).toEqual([
    'KeptController',
    0,
    'here',
  ]);
  expect(KeptController.of().constructor).toBe(KeptController);
  expect(Object.keys(new KeptController())).toEqual([]);
  expect(() => (KeptController as unknown as () => void)()).toThrow(TypeError);

  const { app, counted } = await start({ controllers: [KeptController] });
  expect((await app.get('/kept')).body).toBe('whole');
  app.app.get(KeptController).tell();
  const { attributes } = await app.recorder.waitFor('GET /kept');
  expect(attributes).toMatchObject({
    'code.function.name': 'KeptController.show',
    'nestjs.module': 'AppModule',
  });
  expect(app.recorder.spans().map(({ name }) => name)).toEqual(
    expect.arrayContaining(['shown', 'KeptController.tell']),
  );
  expect(await counted('app.KeptController.instances.total')).toEqual([1]);
});

it('@OtelInstanceCounter counts nothing while metrics are off', async () => {
  @OtelInstanceCounter()
  class Idle {}
  const app = await startApp({ providers: [Idle], telemetry: { metrics: false } });
  expect(app.app.get(Idle)).toBeInstanceOf(Idle);
});
