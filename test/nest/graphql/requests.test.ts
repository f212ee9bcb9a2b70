import {
  Controller,
  Get,
  Injectable,
  Module,
  UseGuards,
  UseInterceptors,
  type CanActivate,
  type DynamicModule,
  type ExecutionContext,
  type Type,
} from '@nestjs/common';
import { GqlExecutionContext, GraphQLModule, Query, Resolver } from '@nestjs/graphql';
import { APP_INTERCEPTOR, ExternalContextCreator } from '@nestjs/core';
import { ApolloDriver } from '@nestjs/apollo';
import { describe, expect, it } from 'vitest';
import {
  Baggage,
  BaggageService,
  HttpTelemetryInterceptor,
  Span,
  Traceable,
  TelemetryModule,
  TracerManager,
  WideEventField,
  WideEventInterceptor,
  WideEventService,
  type TelemetryModuleOptions,
} from '../../../src/index.js';
import { SpanRecorder } from '../../../src/testing/index.js';
import { serverSpan } from '../../support/expected-server-span.js';
import { EXPRESS, HTTP1_SERVERS } from '../../support/server-kinds.js';
import { shapeOf } from '../../support/span-shape.js';
import { startApp } from '../../support/test-app.js';
import { ask, startGraphql } from './graphql-app.js';

@Resolver()
@Traceable()
class WordsResolver {
  @Query(() => String)
  word(): string {
    return 'tea';
  }
}

const leaf = (name: string) => ({ name, children: [] });
const request = (...children: string[]) => ({ name: 'POST /graphql', children: children.map(leaf) });
const userAgent = { 'user_agent.original': 'node' };

describe.each(HTTP1_SERVERS)('the server span of GraphQL on $name', (server) => {
  it('has the endpoint for its route, whatever was asked', async () => {
    const app = await startGraphql({ server, providers: [WordsResolver] });
    const statuses = [
      (await ask(app, '{ word }')).status,
      (await ask(app, '{ __schema { queryType { name } } }')).status,
      (await ask(app, '{ nothing }')).status,
      (await ask(app, '{')).status,
      (await app.get('/graphql?query=%7Bword%7D', { 'apollo-require-preflight': '1' })).status,
      (await app.get('/graphql', { accept: 'text/html' })).status,
    ];
    expect(statuses).toEqual([200, 200, 400, 400, 200, 200]);
    await app.close();
    const post = { method: 'POST', path: '/graphql', route: '/graphql', attributes: userAgent };
    const get = { path: '/graphql', route: '/graphql' };
    const query = { 'graphql.operation.type': 'query' };
    const shapes = app.recorder
      .spans()
      .filter(({ name }) => name !== 'WordsResolver.word')
      .map(shapeOf);
    expect(shapes).toEqual([
      serverSpan(app, { ...post, attributes: { ...userAgent, ...query } }),
      serverSpan(app, post),
      serverSpan(app, { ...post, code: 400 }),
      serverSpan(app, { ...post, code: 400 }),
      serverSpan(app, { ...get, attributes: { 'url.query': 'query=%7Bword%7D', ...query } }),
      serverSpan(app, get),
    ]);
  });

  it('finds an endpoint behind a prefix, and takes no other middleware for one', async () => {
    const graphql = { driver: ApolloDriver, autoSchemaFile: true, path: 'Graph/', useGlobalPrefix: true };
    const app = await startApp({
      server,
      imports: [GraphQLModule.forRootAsync({ driver: ApolloDriver, useFactory: async () => graphql })],
      providers: [WordsResolver],
      setup: (nest) => {
        nest.setGlobalPrefix('api');
        nest.use('/files', (_request: unknown, response: { end(body: string): void }) =>
          response.end('file'),
        );
      },
    });
    expect((await ask(app, '{ word }', {}, '/api/Graph')).data).toEqual({ word: 'tea' });
    expect((await app.get('/files/7')).body).toBe('file');
    expect((await app.get('/graphql')).status).toBe(404);
    await app.close();
    expect(app.recorder.tree().map(({ name }) => name)).toEqual(['POST /api/Graph', 'GET', 'GET']);
  });

  it('is a wide event where an interceptor makes it one, for all of its resolvers', async () => {
    @Resolver()
    class WideResolver {
      constructor(private readonly event: WideEventService) {}

      @Query(() => String)
      @WideEventField('one')
      one(): string {
        this.event.increment('calls');
        return '1';
      }

      @Query(() => String)
      @WideEventField('two')
      async two(): Promise<string> {
        this.event.increment('calls');
        return '2';
      }
    }
    const app = await startGraphql({
      server,
      providers: [WideResolver, { provide: APP_INTERCEPTOR, useClass: WideEventInterceptor }],
    });
    await ask(app, '{ one two }');
    await app.close();
    expect(app.recorder.span('POST /graphql').attributes).toMatchObject({ one: '1', two: '2', calls: 2 });
  });

  it('continues the caller’s trace', async () => {
    const app = await startGraphql({ server, providers: [WordsResolver] });
    const [traceId, caller] = ['0af7651916cd43dd8448eb211c80319c', 'b7ad6b7169203331'];
    await ask(app, '{ word }', { traceparent: `00-${traceId}-${caller}-01` });
    await app.close();
    expect(app.recorder.tree()).toEqual([request('WordsResolver.word')]);
    const span = app.recorder.span('POST /graphql');
    expect([span.spanContext().traceId, span.parentSpanContext?.spanId]).toEqual([traceId, caller]);
  });

  it('is sampled by its route, with all resolvers', async () => {
    const sampler = { rules: [{ route: '/graphql', ratio: 0 }] };
    const app = await startGraphql({ server, providers: [WordsResolver], telemetry: { sampler } });
    await ask(app, '{ word }');
    expect((await app.get('/nowhere')).status).toBe(404);
    await app.close();
    expect(app.recorder.tree()).toEqual([leaf('GET')]);
  });

  it.each<[string, TelemetryModuleOptions]>([
    ['excluded', { http: { exclude: ['/graphql'] } }],
    ['excluded by its method', { http: { exclude: ['POST /graphql'] } }],
    ['not included', { http: { include: ['/orders'] } }],
  ])('is left out with all resolvers where the endpoint is %s', async (_how, telemetry) => {
    const app = await startGraphql({ server, providers: [WordsResolver], telemetry });
    expect((await ask(app, '{ word }')).data).toEqual({ word: 'tea' });
    await app.close();
    expect(app.recorder.spans()).toEqual([]);
  });
});

describe.each(HTTP1_SERVERS)('who asks, in GraphQL on $name', (server) => {
  @Injectable()
  class SessionGuard implements CanActivate {
    canActivate(context: ExecutionContext): boolean {
      const { req } = GqlExecutionContext.create(context).getContext();
      const id: string | undefined = req.headers['x-session'];
      if (id !== undefined) req.user = { id, tenant: `tenant of ${id}` };
      return true;
    }
  }

  @Resolver()
  class WhoResolver {
    constructor(private readonly baggage: BaggageService) {}

    @Query(() => String, { nullable: true })
    @Span()
    who(@Baggage('user.id') user: string | undefined): string | undefined {
      return user;
    }

    @Query(() => String)
    @Span()
    all(): string {
      return JSON.stringify(Object.fromEntries(Object.entries(this.baggage.getAll()).sort()));
    }
  }

  const baggage = {
    headers: {},
    entries: ({ method, headers }: { method: string; headers: object }) =>
      Promise.resolve({ 'app.client': `${method} ${'x-session' in headers ? 'known' : 'unknown'}` }),
    intent: { 'POST /graphql': 'question' },
    attributes: ['user.id', 'app.*'],
  };

  it('is told by the user that a global guard found, by entries and intent', async () => {
    const app = await startGraphql({
      server,
      providers: [WhoResolver],
      telemetry: { baggage },
      setup: (nest) => nest.useGlobalGuards(new SessionGuard()),
    });
    const { data } = await ask(app, '{ who all }', { 'x-session': 'ada' });
    const entries = { 'app.client': 'POST known', 'app.user.intent': 'question', 'user.id': 'ada' };
    expect([data.who, JSON.parse(data.all)]).toEqual(['ada', entries]);
    await app.close();
    expect(app.recorder.tree()).toEqual([request('WhoResolver.all', 'WhoResolver.who')]);
    for (const { attributes } of app.recorder.spans()) expect(attributes).toMatchObject(entries);
  });

  it.each([true, false])('must say what is required, with telemetry on: %s', async (enabled) => {
    const app = await startGraphql({
      server,
      providers: [WhoResolver],
      telemetry: { enabled, baggage: { headers: { 'x-user-id': 'user.id' }, required: ['x-user-id'] } },
    });
    const { status, errors } = await ask(app, '{ who }');
    expect([status, errors?.map(({ message, extensions }) => [message, extensions.code])]).toEqual([
      200,
      [['The request header `x-user-id` is missing or cannot be used.', 'BAD_REQUEST']],
    ]);
    const { data } = await ask(app, '{ who }', { 'x-user-id': 'ada' });
    expect(data).toEqual({ who: enabled ? 'ada' : null });
  });

  it('decides which tenant’s pipeline the request and its resolvers go to', async () => {
    const tenants = new Map<string, SpanRecorder>();

    @Resolver()
    @UseGuards(SessionGuard)
    class TenantResolver {
      @Query(() => String)
      @Span()
      word(): string {
        return 'tea';
      }
    }
    const app = await startGraphql({
      server,
      providers: [TenantResolver],
      telemetry: {
        tenants: {
          resolve: (subject) => (subject as { user?: { tenant: string } }).user?.tenant,
          config: (key) => {
            const recorder = new SpanRecorder();
            tenants.set(key, recorder);
            return { exporter: recorder };
          },
        },
      },
    });
    await ask(app, '{ word }', { 'x-session': 'ada' });
    await ask(app, '{ word }');
    await app.close();
    expect([...tenants].map(([key, recorder]) => [key, recorder.tree()])).toEqual([
      ['tenant of ada', [request('TenantResolver.word')]],
    ]);
    expect(app.recorder.tree()).toEqual([request('TenantResolver.word')]);
  });
});

describe.each(HTTP1_SERVERS)('instances and GraphQL on $name', (server) => {
  @Resolver()
  class OrdersResolver {
    @Query(() => String)
    @Span()
    order(): string {
      return 'order';
    }
  }

  @Resolver()
  class BillsResolver {
    @Query(() => String)
    @Span()
    bill(): string {
      return 'bill';
    }
  }

  function instance(name: string, options: TelemetryModuleOptions = {}) {
    const recorder = new SpanRecorder();
    return {
      recorder,
      module: TelemetryModule.forRoot({ service: { name }, exporter: recorder, ...options }),
    };
  }

  function feature(resolver: Type, telemetry?: DynamicModule): DynamicModule {
    class FeatureModule {}
    Module({})(FeatureModule);
    return { module: FeatureModule, imports: telemetry ? [telemetry] : [], providers: [resolver] };
  }

  /**
   * What `{ order }`, `{ bill }`, both in one request, and an introspection are to the root's
   * instance and the feature's.
   */
  async function trees(rootOptions: TelemetryModuleOptions | undefined, billing: TelemetryModuleOptions) {
    const [root, bills] = [instance('shop', rootOptions), instance('billing', billing)];
    const app = await startGraphql({
      server,
      telemetry: false,
      imports: [
        ...(rootOptions === undefined ? [] : [root.module]),
        feature(OrdersResolver, rootOptions === undefined ? root.module : undefined),
        feature(BillsResolver, bills.module),
      ],
    });
    for (const query of ['{ order }', '{ bill }', '{ order bill }', '{ __typename }']) {
      expect(await ask(app, query)).not.toHaveProperty('errors');
    }
    await app.close();
    return [root, bills].map(({ recorder }) => recorder.tree());
  }

  const [order, bill] = ['OrdersResolver.order', 'BillsResolver.bill'];

  it('give a request to the instance of the first resolver, and each resolver’s span to its own', async () => {
    expect(await trees({}, {})).toEqual([
      [request(order), request(order), request()],
      [request(bill), leaf(bill)],
    ]);
    // Without a root instance nobody owns what reaches no resolver.
    expect(await trees(undefined, {})).toEqual([
      [request(order), request(order)],
      [request(bill), leaf(bill)],
    ]);
  });

  it('leave the request to the root’s where the resolver’s traces none', async () => {
    const rest = [request(order), request(), request(order), request()];
    expect(await trees({}, { http: false })).toEqual([rest, [leaf(bill), leaf(bill)]]);
    expect(await trees({}, { enabled: false })).toEqual([rest, []]);
    expect(await trees({ http: false }, {})).toEqual([
      [leaf(order), leaf(order)],
      [request(bill), leaf(bill)],
    ]);
  });
});

describe.each(HTTP1_SERVERS)('telemetry that is off or partly on, with GraphQL on $name', (server) => {
  it('can be switched while the app runs', async () => {
    const app = await startGraphql({ server, providers: [WordsResolver] });
    const manager = app.app.get(TracerManager);
    for (const enabled of [false, true, false]) {
      await manager.reconfigure({ enabled });
      expect(await ask(app, '{ word }')).toEqual({ status: 200, data: { word: 'tea' } });
    }
    await app.close();
    expect(app.recorder.tree()).toEqual([request('WordsResolver.word')]);
  });

  it('leaves resolvers without a server span, but for those that ask for one', async () => {
    @Resolver()
    class MixedResolver {
      @Query(() => String)
      @Span()
      plain(): string {
        return 'plain';
      }

      @Query(() => String)
      @Span()
      @UseInterceptors(HttpTelemetryInterceptor)
      marked(): string {
        return 'marked';
      }
    }
    const app = await startGraphql({ server, providers: [MixedResolver], telemetry: { http: false } });
    for (const query of ['{ plain }', '{ marked }']) expect((await ask(app, query)).status).toBe(200);
    await app.close();
    expect(app.recorder.tree()).toEqual([leaf('MixedResolver.plain'), request('MixedResolver.marked')]);
  });
});

it('an endpoint has one name however clients spell its path, where the framework does not mind', async () => {
  const app = await startGraphql({ server: EXPRESS, providers: [WordsResolver] });
  for (const path of ['/GraphQL', '/graphql/', '/graphql/more?a=b']) {
    expect((await ask(app, '{ __typename }', {}, path)).status).toBe(200);
  }
  await app.close();
  expect(app.recorder.tree()).toEqual([request(), request(), request()]);
});

it('guards let pass what a library calls through Nest’s external context, whatever it hands over', async () => {
  @Injectable()
  class Jobs {
    @Span()
    run(...args: unknown[]): number {
      return args.length;
    }
  }

  @Controller()
  class JobsController {
    constructor(
      private readonly jobs: Jobs,
      private readonly external: ExternalContextCreator,
    ) {}

    @Get('jobs')
    async run(): Promise<unknown[]> {
      const call = this.external.create(this.jobs, this.jobs.run, 'run');
      return [await call(), await call(null), await call('7', {})];
    }
  }
  const app = await startGraphql({
    server: EXPRESS,
    controllers: [JobsController],
    providers: [Jobs, WordsResolver],
    telemetry: { baggage: { required: ['x-user-id'] } },
  });
  expect((await app.get('/jobs')).status).toBe(400);
  expect((await app.get('/jobs', { 'x-user-id': 'ada' })).body).toBe('[0,1,2]');
});
