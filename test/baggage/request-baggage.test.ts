import {
  Controller,
  Get,
  Headers,
  Inject,
  Injectable,
  Param,
  ParseIntPipe,
  Post,
  Body,
  Sse,
  UseGuards,
  type CanActivate,
  type ExecutionContext,
  type NestInterceptor,
  UseInterceptors,
} from '@nestjs/common';
import type { Counter } from '@opentelemetry/api';
import { AggregationTemporality, InMemoryMetricExporter } from '@opentelemetry/sdk-metrics';
import { interval, map, take } from 'rxjs';
import { describe, expect, it, vi } from 'vitest';
import {
  Baggage,
  BaggageGuard,
  BaggageService,
  MeterManager,
  Span,
  TelemetryAdminModule,
  TelemetryMetricsModule,
  type TelemetryModuleOptions,
} from '../../src/index.js';
import { ALL_SERVERS, EXPRESS, FASTIFY, type ServerKind } from '../support/server-kinds.js';
import { startApp, type TestApp } from '../support/test-app.js';

@Injectable()
class Orders {
  constructor(@Inject(BaggageService) readonly baggage: BaggageService) {}

  @Span()
  async load(): Promise<unknown> {
    await new Promise((resolve) => setImmediate(resolve));
    const inTimer = await new Promise((resolve) => setTimeout(() => resolve(this.baggage.getAll()), 1));
    return { service: this.baggage.getAll(), inTimer };
  }

  @Span()
  relabel(): void {
    this.baggage.set('app.plan', 'gold');
    this.baggage.remove('session.id');
  }

  @Span()
  after(): void {}
}

@Injectable()
class ReadingGuard implements CanActivate {
  constructor(@Inject(BaggageService) readonly baggage: BaggageService) {}

  canActivate(context: ExecutionContext): boolean {
    context.switchToHttp().getRequest().seenByGuard = this.baggage.get('user.id');
    return true;
  }
}

@Injectable()
class ReadingInterceptor implements NestInterceptor {
  constructor(@Inject(BaggageService) readonly baggage: BaggageService) {}

  intercept(context: ExecutionContext, next: any): any {
    context.switchToHttp().getRequest().seenByInterceptor = this.baggage.get('user.id');
    return next.handle();
  }
}

@Injectable()
class AuthGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest();
    if (request.headers.authorization !== undefined)
      request.user = { id: 7, tenant: { id: 'acme' }, toString: undefined };
    return true;
  }
}

@Controller()
class OrdersController {
  constructor(
    @Inject(Orders) readonly orders: Orders,
    @Inject(BaggageService) readonly baggage: BaggageService,
  ) {}

  @Get('who')
  who(@Baggage('user.id') user: string | undefined, @Baggage() all: unknown): unknown {
    return { user: user ?? null, all };
  }

  @Get('piped')
  piped(@Baggage('user.id', ParseIntPipe) user: number): unknown {
    return { user };
  }

  @Get('everywhere')
  @UseGuards(ReadingGuard)
  @UseInterceptors(ReadingInterceptor)
  async everywhere(): Promise<unknown> {
    return { handler: this.baggage.getAll(), ...((await this.orders.load()) as object) };
  }

  @Post('posted')
  posted(@Body() body: unknown): unknown {
    return { body, user: this.baggage.get('user.id') ?? null };
  }

  @Get('changed')
  async changed(): Promise<unknown> {
    this.orders.relabel();
    await new Promise((resolve) => setImmediate(resolve));
    this.orders.after();
    return this.baggage.getAll();
  }

  @Get('scoped')
  scoped(): unknown {
    const inside = this.baggage.with({ 'user.id': 'root', 'session.id': undefined, 'app.step': '2' }, () => {
      this.orders.after();
      this.baggage.set('app.step', '3');
      return this.baggage.getAll();
    });
    return { inside, outside: this.baggage.getAll() };
  }

  @Get('auth/placed/:id')
  @UseGuards(AuthGuard, BaggageGuard)
  placed(@Param('id') _id: string): unknown {
    return this.baggage.getAll();
  }

  @Sse('stream')
  stream(): unknown {
    return interval(1).pipe(
      take(3),
      map((n) => ({ data: `${n}:${this.baggage.get('user.id') ?? 'nobody'}` })),
    );
  }

  @Get('echo')
  echo(@Headers('x-user-id') header: string | undefined): unknown {
    return { header: header ?? null, refused: this.baggage.refused(), all: this.baggage.getAll() };
  }
}

function start(server: ServerKind, telemetry: TelemetryModuleOptions = {}): Promise<TestApp> {
  return startApp({
    server,
    telemetry,
    controllers: [OrdersController],
    providers: [Orders],
  });
}

const ALICE = { 'x-user-id': 'alice', 'x-session-id': 's-1' };

describe.each(ALL_SERVERS)('$name', (server) => {
  it('turns identity headers into baggage for guards, interceptors, handlers, services and timers, and into attributes of every span', async () => {
    const app = await start(server);
    const { body } = await app.get('/everywhere', ALICE);
    const all = { 'user.id': 'alice', 'session.id': 's-1' };
    expect(JSON.parse(body)).toEqual({ handler: all, service: all, inTimer: all });
    await app.recorder.waitFor('GET /everywhere');
    expect(
      app.recorder
        .spans()
        .map(({ name, attributes }) => [name, attributes['user.id'], attributes['session.id']]),
    ).toEqual([
      ['Orders.load', 'alice', 's-1'],
      ['GET /everywhere', 'alice', 's-1'],
    ]);
  });

  it('hands entries to parameters', async () => {
    const app = await start(server);
    expect(JSON.parse((await app.get('/who', ALICE)).body)).toEqual({
      user: 'alice',
      all: { 'user.id': 'alice', 'session.id': 's-1' },
    });
    expect(JSON.parse((await app.get('/who')).body)).toEqual({ user: null, all: {} });
    expect((await app.get('/piped', { 'x-user-id': '7' })).body).toBe('{"user":7}');
    expect((await app.get('/piped', ALICE)).status).toBe(400);
  });

  it('survives the reading of a body', async () => {
    const app = await start(server);
    const { body } = await app.send({
      method: 'POST',
      path: '/posted',
      headers: { ...ALICE, 'content-type': 'application/json' },
      body: '{"a":1}',
    });
    expect(JSON.parse(body)).toEqual({ body: { a: 1 }, user: 'alice' });
  });

  it('reaches the events of a stream', async () => {
    const app = await start(server);
    const { body } = await app.get('/stream', ALICE);
    expect([...body.matchAll(/data: (.*)/g)].map(([, data]) => data)).toEqual([
      '0:alice',
      '1:alice',
      '2:alice',
    ]);
  });

  it('changes for the rest of the request, also on the server span, when a service sets an entry', async () => {
    const app = await start(server, { baggage: { attributes: ['app.*'] } });
    const { body } = await app.get('/changed', ALICE);
    expect(JSON.parse(body)).toEqual({ 'user.id': 'alice', 'app.plan': 'gold' });
    await app.recorder.waitFor('GET /changed');
    expect(app.recorder.span('Orders.relabel').attributes).not.toHaveProperty('app.plan');
    expect(app.recorder.span('Orders.after').attributes).toEqual({ 'user.id': 'alice', 'app.plan': 'gold' });
    expect(app.recorder.span('GET /changed').attributes).toMatchObject({
      'user.id': 'alice',
      'app.plan': 'gold',
    });
  });

  it('keeps the entries of a scope inside it', async () => {
    const app = await start(server, { baggage: { attributes: ['app.*'] } });
    const { body } = await app.get('/scoped', ALICE);
    expect(JSON.parse(body)).toEqual({
      inside: { 'user.id': 'root', 'app.step': '3' },
      outside: { 'user.id': 'alice', 'session.id': 's-1' },
    });
    const served = await app.recorder.waitFor('GET /scoped');
    expect(served.attributes).toMatchObject({ 'user.id': 'alice' });
    expect(served.attributes).not.toHaveProperty('app.step');
    expect(app.recorder.span('Orders.after').attributes).toEqual({ 'user.id': 'root', 'app.step': '2' });
  });

  it('answers 400 with the name of a required header that is missing', async () => {
    const app = await start(server, { baggage: { required: ['X-User-Id'] } });
    const { status, body } = await app.get('/who');
    expect(status).toBe(400);
    expect(JSON.parse(body).message).toContain('x-user-id');
    expect((await app.get('/who', { 'x-user-id': 'bob' })).status).toBe(200);
    expect((await app.get('/who', { 'x-user-id': '' })).status).toBe(400);
  });

  it('believes the authenticated user more than a header, where the guard is placed behind the one that authenticates', async () => {
    const app = await start(server, {
      baggage: { guard: false, user: { id: 'user.id', 'tenant.id': 'app.tenant' } },
    });
    const { body } = await app.get('/auth/placed/3', { ...ALICE, authorization: 'Bearer x' });
    expect(JSON.parse(body)).toEqual({ 'user.id': '7', 'session.id': 's-1', 'app.tenant': 'acme' });
    expect((await app.recorder.waitFor('GET /auth/placed/:id')).attributes).toMatchObject({ 'user.id': '7' });
  });
});

it('reads the headers of requests that are injected without a server', async () => {
  const app = await start(FASTIFY);
  const fastify = app.app.getHttpAdapter().getInstance();
  const response = await fastify.inject({ url: '/who', headers: ALICE });
  expect(response.json().user).toBe('alice');
});

describe('rules', () => {
  it('reads other headers under other names, entries told by the request, and an intent by route', async () => {
    const app = await start(EXPRESS, {
      baggage: {
        headers: { 'X-Request-Id': 'request.id' },
        entries: (request) =>
          Promise.resolve({ 'app.agent': String(request.headers['user-agent'] ?? 'none') }),
        intent: { '/who': 'identify', '/*': 'other' },
        attributes: ['app.user.intent'],
      },
    });
    const { body } = await app.get('/who', { ...ALICE, 'x-request-id': 'r-1', 'user-agent': 'test' });
    expect(JSON.parse(body).all).toEqual({
      'request.id': 'r-1',
      'app.user.intent': 'identify',
      'app.agent': 'test',
    });
    expect((await app.recorder.waitFor('GET /who')).attributes).toMatchObject({
      'request.id': 'r-1',
      'app.user.intent': 'identify',
    });
    expect(JSON.parse((await app.get('/echo')).body).all).toMatchObject({ 'app.user.intent': 'other' });
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('broken');
      },
    ],
    ['tells nothing', () => null],
    [
      'tells what cannot be read',
      () => ({
        get plan(): string {
          throw new Error('broken');
        },
      }),
    ],
  ])('goes on when a resolver %s', async (_what, entries) => {
    const app = await start(EXPRESS, { baggage: { entries: entries as unknown as () => undefined } });
    expect(JSON.parse((await app.get('/who', ALICE)).body).user).toBe('alice');
  });

  it('goes on when a resolver rejects or the trust predicate throws, and believes no promise', async () => {
    const rejecting = await start(EXPRESS, {
      baggage: { entries: () => Promise.reject(new Error('broken')) },
    });
    expect(JSON.parse((await rejecting.get('/who', ALICE)).body).user).toBe('alice');
    const distrusting = await start(EXPRESS, {
      baggage: {
        trust: () => {
          throw new Error('broken');
        },
      },
    });
    expect(JSON.parse((await distrusting.get('/who', ALICE)).body).user).toBeNull();
    const promising = await start(EXPRESS, {
      baggage: { trust: () => Promise.resolve(false) as unknown as boolean },
    });
    expect(JSON.parse((await promising.get('/who', ALICE)).body).user).toBeNull();
  });

  it('leaves identity headers their place in a baggage that is full', async () => {
    const app = await start(EXPRESS, { baggage: { allow: ['app.*', 'user.id'], required: ['x-user-id'] } });
    const full = Array.from({ length: 70 }, (_, index) => `app.${index}=1`).join(',');
    const { status, body } = await app.get('/who', { ...ALICE, baggage: `user.id=bob,${full}` });
    expect(status).toBe(200);
    const { all } = JSON.parse(body);
    expect(all).toMatchObject({ 'user.id': 'alice', 'session.id': 's-1', 'app.61': '1' });
    expect(Object.keys(all)).toHaveLength(64);
  });

  it('keeps no header in the place of an authenticated user whose id cannot travel', async () => {
    const app = await startApp({
      controllers: [OrdersController],
      providers: [Orders],
      setup: (nest) =>
        nest.use((request: { user?: unknown }, _response: unknown, next: () => void) => {
          request.user = { id: 'x'.repeat(5000) };
          next();
        }),
    });
    expect(JSON.parse((await app.get('/who', ALICE)).body)).toEqual({
      user: null,
      all: { 'session.id': 's-1' },
    });
  });

  it('does not ask whoever scrapes or operates', async () => {
    const app = await startApp({
      controllers: [OrdersController],
      providers: [Orders],
      imports: [
        TelemetryMetricsModule.register(),
        TelemetryAdminModule.register({ path: 'operate', guards: [AuthGuard] }),
      ],
      telemetry: { baggage: { required: ['x-user-id'] } },
    });
    expect((await app.get('/who')).status).toBe(400);
    expect((await app.get('/metrics')).status).toBe(200);
    expect((await app.get('/operate/status')).status).toBe(200);
  });

  it("keeps of a caller's baggage what is allowed, and everything of a trusted one", async () => {
    const headers = { baggage: 'user.id=bob,app.plan=gold,foreign=1' };
    const ask = async (baggage: TelemetryModuleOptions['baggage']): Promise<unknown> => {
      const app = await start(EXPRESS, { baggage: baggage! });
      return JSON.parse((await app.get('/who', headers)).body).all;
    };
    expect(await ask({})).toEqual({ 'user.id': 'bob' });
    expect(await ask({ allow: ['app.*'] })).toEqual({ 'user.id': 'bob', 'app.plan': 'gold' });
    expect(await ask({ trust: () => true })).toEqual({ 'user.id': 'bob', 'app.plan': 'gold', foreign: '1' });
    expect(await ask({ trust: () => false })).toEqual({});
    expect(await ask({ allow: ['*'], deny: ['app.*'] })).toEqual({ 'user.id': 'bob', foreign: '1' });
    expect(await ask(false)).toEqual({});
  });

  it.each([EXPRESS, FASTIFY])('never replaces an attribute of the library ($name)', async (server) => {
    const app = await start(server, { baggage: { allow: ['*'], attributes: ['*'] } });
    await app.get('/who', {
      baggage: 'http.route=/evil,url.path=/evil,http.request.method=EVIL,http.response.status_code=1,mine=1',
    });
    const attributes = await vi.waitFor(() => app.recorder.span('GET /who').attributes);
    expect(attributes).toMatchObject({
      'http.route': '/who',
      'url.path': '/who',
      'http.request.method': 'GET',
      'http.response.status_code': 200,
      mine: '1',
    });
    expect(JSON.stringify(attributes)).not.toMatch(/evil/i);
  });

  it('refuses an identity that came twice, and names of secrets', async () => {
    const app = await start(EXPRESS, { baggage: { allow: ['*'] } });
    const { body } = await app.get('/echo', {
      'x-user-id': ['alice', 'mallory'],
      baggage: 'db.password=x,a=1',
    });
    expect(JSON.parse(body)).toEqual({
      header: 'alice, mallory',
      refused: { ambiguous: 1, denied: 1 },
      all: { a: '1' },
    });
  });

  it('reads nothing and keeps nothing while telemetry is off, and still asks for what is required', async () => {
    const app = await start(EXPRESS, { enabled: false, baggage: { required: ['x-user-id'] } });
    expect((await app.get('/who')).status).toBe(400);
    expect(JSON.parse((await app.get('/who', ALICE)).body)).toEqual({ user: null, all: {} });
  });
});

describe('metrics', () => {
  it('carry the entries that are named one by one, and no others', async () => {
    @Controller()
    class CountingController {
      private readonly placed: Counter;

      constructor(@Inject(MeterManager) meters: MeterManager) {
        this.placed = meters.counter('orders.placed');
      }

      @Get('count')
      count(): void {
        this.placed.add(1, { channel: 'web' });
      }
    }
    const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
    const app = await startApp({
      telemetry: {
        baggage: {
          headers: { 'x-plan': 'app.plan', 'x-user-id': 'user.id' },
          metricAttributes: ['app.plan'],
        },
        metrics: { readers: { type: 'custom', exporter } },
      },
      controllers: [CountingController],
    });
    await app.get('/count', { 'x-plan': 'gold', 'x-user-id': 'alice' });
    await app.get('/count', { 'x-user-id': 'bob' });
    await app.app.get(MeterManager).forceFlush();
    const points = exporter
      .getMetrics()
      .flatMap(({ scopeMetrics }) => scopeMetrics)
      .flatMap(({ metrics }) => metrics)
      .filter(({ descriptor }) => descriptor.name === 'orders.placed')
      .flatMap(({ dataPoints }) => dataPoints.map(({ attributes, value }) => ({ attributes, value })));
    expect(points).toEqual([
      { attributes: { channel: 'web', 'app.plan': 'gold' }, value: 1 },
      { attributes: { channel: 'web' }, value: 1 },
    ]);
  });
});
