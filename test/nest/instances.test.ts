import type { AddressInfo } from 'node:net';
import {
  Controller,
  Get,
  Inject,
  Injectable,
  Module,
  type DynamicModule,
  type MiddlewareConsumer,
  type ModuleMetadata,
  type NestMiddleware,
  type NestModule,
  type Type,
} from '@nestjs/common';
import { LazyModuleLoader } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { describe, expect, it } from 'vitest';
import { TelemetryModule, TracerManager, type TelemetryModuleOptions } from '../../src/index.js';
import { SpanRecorder } from '../../src/testing/index.js';
import { ALL_SERVERS, type ServerKind } from '../support/server-kinds.js';
import { startApp } from '../support/test-app.js';

/** An instance and what it exported. */
class Instance {
  readonly recorder = new SpanRecorder();
  readonly module: DynamicModule;

  constructor(service: string, options: TelemetryModuleOptions = {}) {
    this.module = TelemetryModule.forRoot({
      service: { name: service },
      exporter: this.recorder,
      ...options,
    });
  }

  /** Span names in the order in which they ended. */
  get names(): string[] {
    return this.recorder.spans().map(({ name }) => name);
  }

  span(name: string) {
    return this.recorder.span(name);
  }
}

function feature(name: string, metadata: ModuleMetadata): Type {
  const type = class {};
  Object.defineProperty(type, 'name', { value: name });
  Module(metadata)(type);
  return type;
}

@Injectable()
class BillingService {
  constructor(@Inject(TracerManager) private readonly tracing: TracerManager) {}

  async charge() {
    await Promise.resolve();
    return this.tracing.withSpan('charge', () => this.tracing.currentTraceId());
  }
}

@Controller('billing')
class BillingController {
  constructor(@Inject(BillingService) private readonly billing: BillingService) {}

  @Get()
  charge() {
    return this.billing.charge();
  }
}

@Controller('orders')
class OrdersController {
  constructor(
    @Inject(TracerManager) private readonly tracing: TracerManager,
    @Inject(BillingService) private readonly billing: BillingService,
  ) {}

  @Get()
  order() {
    return this.tracing.withSpan('order', async () => {
      await this.billing.charge();
      return this.tracing.withSpan('ship', () => 'shipped');
    });
  }
}

@Controller('catalog')
class CatalogController {
  @Get()
  list() {
    return 'catalog';
  }
}

/** Root `shop`; `billing` has an instance of its own, `catalog` none. */
async function startShop(server: ServerKind, billing: Instance, root: Instance) {
  const BillingModule = feature('BillingModule', {
    imports: [billing.module],
    controllers: [BillingController],
    providers: [BillingService],
    exports: [BillingService],
  });
  const OrdersModule = feature('OrdersModule', {
    imports: [BillingModule, root.module],
    controllers: [OrdersController],
  });
  const CatalogModule = feature('CatalogModule', { controllers: [CatalogController] });
  return startApp({ server, telemetry: false, imports: [root.module, OrdersModule, CatalogModule] });
}

describe.each(ALL_SERVERS)('several instances on $name', (server) => {
  it('give a request one server span, by the instance nearest to its controller', async () => {
    const [root, billing] = [new Instance('shop'), new Instance('billing')];
    const app = await startShop(server, billing, root);
    await app.get('/billing');
    await app.get('/catalog');
    await app.get('/nowhere');
    await app.close();
    expect(billing.names).toEqual(['charge', 'GET /billing']);
    expect(root.names).toEqual(['GET /catalog', 'GET']);
    expect(billing.span('GET /billing').attributes['nestjs.module']).toBe('BillingModule');
    expect(root.span('GET /catalog').attributes['nestjs.module']).toBe('CatalogModule');
  });

  it('record what a provider does into its own pipeline, as a child of its caller', async () => {
    const [root, billing] = [new Instance('shop'), new Instance('billing')];
    const app = await startShop(server, billing, root);
    expect((await app.get('/orders')).body).toBe('shipped');
    await app.close();
    expect(root.names).toEqual(['ship', 'order', 'GET /orders']);
    expect(billing.names).toEqual(['charge']);
    const [order, charge] = [root.span('order'), billing.span('charge')];
    expect(charge.parentSpanContext?.spanId).toBe(order.spanContext().spanId);
    expect(charge.spanContext().traceId).toBe(order.spanContext().traceId);
    expect(root.span('ship').parentSpanContext?.spanId).toBe(order.spanContext().spanId);
    expect(charge.resource.attributes['service.name']).toBe('billing');
  });

  it('decide for themselves: one that is off, samples nothing or traces no requests leaves the others alone', async () => {
    const cases: [TelemetryModuleOptions, string[]][] = [
      [{ enabled: false }, []],
      [{ sampler: { type: 'always-off' } }, []],
      [{ http: false }, ['charge']],
      [{ http: { exclude: ['/billing'] } }, []],
    ];
    for (const [options, names] of cases) {
      const [root, billing] = [new Instance('shop'), new Instance('billing', options)];
      const app = await startShop(server, billing, root);
      expect((await app.get('/billing')).status).toBe(200);
      expect((await app.get('/catalog')).status).toBe(200);
      await app.close();
      expect([billing.names, root.names]).toEqual([names, ['GET /catalog']]);
    }
  });
});

describe.each(ALL_SERVERS)('middleware of a module with an instance of its own on $name', (server) => {
  @Injectable()
  class SessionMiddleware implements NestMiddleware {
    constructor(@Inject(TracerManager) private readonly tracing: TracerManager) {}

    use(_request: unknown, _response: unknown, next: () => void) {
      this.tracing.withSpan('session', () => 'session');
      next();
    }
  }

  /**
   * A root instance with these options; `billing` has its own, and middleware that starts a
   * span before its guards run.
   */
  async function namesWith(rootOptions: TelemetryModuleOptions, withRoot = true) {
    const [root, billing] = [new Instance('shop', rootOptions), new Instance('billing')];

    @Module({ imports: [billing.module], controllers: [BillingController], providers: [BillingService] })
    class BillingModule implements NestModule {
      configure(consumer: MiddlewareConsumer) {
        consumer.apply(SessionMiddleware).forRoutes(BillingController);
      }
    }
    const imports = withRoot ? [root.module, BillingModule] : [BillingModule];
    const app = await startApp({ server, telemetry: false, imports });
    expect((await app.get('/billing')).status).toBe(200);
    await app.close();
    const parent = (name: string) => billing.span(name).parentSpanContext?.spanId;
    if (billing.names.includes('GET /billing')) {
      const request = billing.span('GET /billing').spanContext().spanId;
      expect([parent('session'), parent('charge')]).toEqual([request, request]);
    }
    return [root.names, billing.names];
  }

  it.each<[string, TelemetryModuleOptions, boolean]>([
    ['a root instance', {}, true],
    ['a root instance that is off', { enabled: false }, true],
    ['a root instance that traces no requests', { http: false }, true],
    ['a root instance that leaves out other routes', { http: { exclude: ['/health'] } }, true],
    ['no root instance', {}, false],
  ])('starts children of the server span beside %s', async (_what, options, withRoot) => {
    expect(await namesWith(options, withRoot)).toEqual([[], ['session', 'charge', 'GET /billing']]);
  });
});

describe('the instance that covers a controller', () => {
  const catalog = { controllers: [CatalogController] };

  async function owners(
    instances: readonly Instance[],
    imports: ModuleMetadata['imports'],
    deepHash = false,
  ) {
    const app = await startApp({ telemetry: false, imports: imports!, deepHash });
    expect((await app.get('/catalog')).status).toBe(200);
    await app.get('/nowhere');
    await app.close();
    return instances.map(({ names }) => names);
  }

  it('is the one that its module imports, before a global one', async () => {
    const [own, global] = [new Instance('own'), new Instance('global', { isGlobal: true })];
    const module = feature('CatalogModule', { ...catalog, imports: [own.module] });
    expect(await owners([own, global], [global.module, module])).toEqual([['GET /catalog'], ['GET']]);
  });

  it('is the global one, wherever that is imported', async () => {
    const global = new Instance('global', { isGlobal: true });
    const InfraModule = feature('InfraModule', { imports: [global.module] });
    expect(await owners([global], [InfraModule, feature('CatalogModule', catalog)])).toEqual([
      ['GET /catalog', 'GET'],
    ]);
  });

  it('is the one that an imported module exports again', async () => {
    const [own, root] = [new Instance('own'), new Instance('root')];
    const InfraModule = feature('InfraModule', { imports: [own.module], exports: [own.module] });
    const CoreModule = feature('CoreModule', { imports: [InfraModule], exports: [InfraModule] });
    const module = feature('CatalogModule', { ...catalog, imports: [CoreModule] });
    expect(await owners([own, root], [root.module, module])).toEqual([['GET /catalog'], ['GET']]);
  });

  it('is not one that an imported module keeps to itself', async () => {
    const [other, root] = [new Instance('other'), new Instance('root')];
    const InfraModule = feature('InfraModule', { imports: [other.module] });
    const module = feature('CatalogModule', { ...catalog, imports: [InfraModule] });
    expect(await owners([other, root], [root.module, module])).toEqual([[], ['GET /catalog', 'GET']]);
  });

  it('is the one of the module that registers the controller first', async () => {
    const [first, second] = [new Instance('first'), new Instance('second')];
    const modules = [first, second].map((instance, index) =>
      feature(`Catalog${index}Module`, { ...catalog, imports: [instance.module] }),
    );
    expect(await owners([first, second], modules)).toEqual([['GET /catalog'], []]);
  });

  it('is the same one for all modules that import the same object', async () => {
    const shared = new Instance('shared');
    const modules = [
      feature('CatalogModule', { ...catalog, imports: [shared.module] }),
      feature('BillingModule', {
        imports: [shared.module],
        controllers: [BillingController],
        providers: [BillingService],
      }),
    ];
    const app = await startApp({ telemetry: false, imports: modules });
    for (const path of ['/catalog', '/billing', '/nowhere']) await app.get(path);
    await app.close();
    expect(shared.names).toEqual(['GET /catalog', 'charge', 'GET /billing', 'GET']);
  });

  it('is the one of the app’s root module, in a testing module as well', async () => {
    const [root, other] = [new Instance('root'), new Instance('other')];
    const AppModule = feature('AppModule', {
      imports: [
        root.module,
        feature('CatalogModule', catalog),
        feature('OtherModule', { imports: [other.module] }),
      ],
    });
    const testing = await Test.createTestingModule({
      imports: [feature('HelpersModule', {}), AppModule],
    }).compile();
    const server = await testing.createNestApplication().listen(0);
    const { port } = server.address() as AddressInfo;
    for (const path of ['catalog', 'nowhere']) await fetch(`http://localhost:${port}/${path}`);
    await testing.close();
    expect([root.names, other.names]).toEqual([['GET /catalog', 'GET'], []]);
  });

  it('is none where no instance covers its module; the only instance takes what reaches no route', async () => {
    const only = new Instance('only');
    const BillingModule = feature('BillingModule', { imports: [only.module] });
    expect(await owners([only], [BillingModule, feature('CatalogModule', catalog)])).toEqual([['GET']]);
  });

  it('is another one for each forRoot where Nest tells modules apart by content', async () => {
    const recorders = [new SpanRecorder(), new SpanRecorder()];
    const modules = recorders.map((exporter, index) =>
      feature(`Feature${index}Module`, {
        imports: [
          TelemetryModule.forRootAsync({ useFactory: () => ({ service: { name: 'same' }, exporter }) }),
        ],
        controllers: [[CatalogController, BillingController][index]!],
        providers: [BillingService],
      }),
    );
    const app = await startApp({ telemetry: false, imports: modules, deepHash: true });
    await app.get('/catalog');
    await app.get('/billing');
    await app.close();
    expect(recorders.map((recorder) => recorder.spans().map(({ name }) => name))).toEqual([
      ['GET /catalog'],
      ['charge', 'GET /billing'],
    ]);
  });
});

describe('forFeature', () => {
  it('shares the pipeline of the instance that covers the module, under a name and attributes of its own', async () => {
    const root = new Instance('shop');
    const BillingModule = feature('BillingModule', {
      imports: [TelemetryModule.forFeature({ tracer: 'billing', attributes: { team: 'money' } })],
      controllers: [BillingController],
      providers: [BillingService],
    });
    const app = await startApp({ telemetry: false, imports: [BillingModule, root.module] });
    await app.get('/billing');
    await app.close();
    const [charge, request] = [root.span('charge'), root.span('GET /billing')];
    expect([charge.instrumentationScope.name, charge.attributes]).toEqual(['billing', { team: 'money' }]);
    expect(charge.parentSpanContext?.spanId).toBe(request.spanContext().spanId);
    expect([request.instrumentationScope.name, request.attributes.team]).toEqual([
      'nestjs-telemetry',
      undefined,
    ]);
  });

  it('is another one for each module where Nest tells modules apart by content', async () => {
    const [root, own] = [new Instance('root'), new Instance('own')];
    const modules = [[root.module], [own.module]].map((imports, index) =>
      feature(`Feature${index}Module`, {
        imports: [...imports, TelemetryModule.forFeature({ tracer: 'same' })],
        controllers: [[CatalogController, BillingController][index]!],
        providers: [BillingService],
      }),
    );
    const app = await startApp({ telemetry: false, imports: modules, deepHash: true });
    await app.get('/billing');
    await app.close();
    expect([root.names, own.names]).toEqual([[], ['charge', 'GET /billing']]);
  });

  it('follows the nearest instance, not the root module', async () => {
    const [root, own] = [new Instance('root'), new Instance('own')];
    const BillingModule = feature('BillingModule', {
      imports: [own.module, TelemetryModule.forFeature({ tracer: 'billing' })],
      controllers: [BillingController],
      providers: [BillingService],
    });
    const app = await startApp({ telemetry: false, imports: [root.module, BillingModule] });
    await app.get('/billing');
    await app.close();
    expect([root.names, own.names]).toEqual([[], ['charge', 'GET /billing']]);
  });

  it('says what is missing where no instance covers the module', async () => {
    const module = feature('BillingModule', { imports: [TelemetryModule.forFeature()] });
    const start = startApp({ telemetry: false, imports: [module] });
    await expect(start).rejects.toMatchObject({ code: 'TELEMETRY_CONFIG_INVALID', path: 'forFeature' });
  });
});

describe('a lazily loaded module', () => {
  @Injectable()
  class Report {
    constructor(@Inject(TracerManager) private readonly tracing: TracerManager) {}

    write() {
      return this.tracing.withSpan('write', () => 'report');
    }
  }

  it('uses the global instance of the app', async () => {
    const root = new Instance('shop', { isGlobal: true });
    const app = await startApp({ telemetry: false, imports: [root.module] });
    const ReportModule = feature('ReportModule', { providers: [Report] });
    const loaded = await app.app.get(LazyModuleLoader).load(() => ReportModule);
    expect(loaded.get(Report).write()).toBe('report');
    await app.close();
    expect(root.names).toEqual(['write']);
  });

  it.each([true, false])(
    'delivers when the app closes (an instance in the root module: %s)',
    async (withRoot) => {
      const [root, lazy] = [new Instance('root'), new Instance('lazy')];
      const app = await startApp({ telemetry: false, imports: withRoot ? [root.module] : [] });
      let shutDown = false;
      lazy.recorder.shutdown = () => {
        shutDown = true;
        return Promise.resolve();
      };
      const ReportModule = feature('ReportModule', { imports: [lazy.module], providers: [Report] });
      const loaded = await app.app.get(LazyModuleLoader).load(() => ReportModule);
      loaded.get(Report).write();
      await app.close();
      expect([lazy.names, shutDown]).toEqual([['write'], true]);
    },
  );
});
