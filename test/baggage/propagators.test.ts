import { Controller, Get, Inject, Module, type MiddlewareConsumer, type NestModule } from '@nestjs/common';
import { Metadata } from '@grpc/grpc-js';
import { interval, lastValueFrom, map, take, toArray } from 'rxjs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  BaggageService,
  TelemetryModule,
  TracerManager,
  type TelemetryModuleOptions,
} from '../../src/index.js';
import { SpanRecorder } from '../../src/testing/index.js';
import { startApp, type TestApp } from '../support/test-app.js';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = '00f067aa0ba902b7';

@Controller()
class WhoController {
  constructor(@Inject(BaggageService) readonly baggage: BaggageService) {}

  @Get('who')
  who(): unknown {
    return this.baggage.getAll();
  }
}

function start(telemetry: TelemetryModuleOptions): Promise<TestApp> {
  return startApp({ telemetry, controllers: [WhoController] });
}

async function parentOf(app: TestApp, headers: Record<string, string>): Promise<string | undefined> {
  app.recorder.clear();
  await app.get('/who', headers);
  const { parentSpanContext } = await app.recorder.waitFor('GET /who');
  return parentSpanContext && `${parentSpanContext.traceId} ${parentSpanContext.spanId}`;
}

afterEach(() => {
  vi.unstubAllEnvs();
});

const FORMATS: Record<string, Record<string, string>> = {
  tracecontext: { traceparent: `00-${TRACE}-${PARENT}-01` },
  b3: { b3: `${TRACE}-${PARENT}-1` },
  b3multi: { 'x-b3-traceid': TRACE, 'x-b3-spanid': PARENT, 'x-b3-sampled': '1' },
  jaeger: { 'uber-trace-id': `${TRACE}:${PARENT}:0:01` },
};

describe('propagators', () => {
  it.each(Object.keys(FORMATS))('continue a trace that comes as %s', async (name) => {
    const app = await start({ propagation: { propagators: [name as 'b3'] } });
    for (const [format, headers] of Object.entries(FORMATS)) {
      // Either form of B3 reads both.
      const known = format === name || (name.startsWith('b3') && format.startsWith('b3'));
      expect([format, await parentOf(app, headers)]).toEqual([
        format,
        known ? `${TRACE} ${PARENT}` : undefined,
      ]);
    }
  });

  it('take ids in capitals and flags that nobody knows, and pass on neither', async () => {
    const app = await start({ propagation: { propagators: ['b3multi', 'jaeger', 'tracecontext'] } });
    const manager = app.app.get(TracerManager);
    const [trace, parent] = ['ABCDEF00'.repeat(4), 'ABCDEF0012345678'];
    const passedOn = (headers: Record<string, string>): unknown =>
      (manager.extract(headers, () => manager.inject({})) as Record<string, string>)['traceparent'];
    const canonical = `00-${trace.toLowerCase()}-${parent.toLowerCase()}`;
    expect(passedOn({ 'x-b3-traceid': trace, 'x-b3-spanid': parent, 'x-b3-sampled': '1' })).toBe(
      `${canonical}-01`,
    );
    expect(passedOn({ 'uber-trace-id': `${trace}:${parent}:0:1` })).toBe(`${canonical}-01`);
    expect(passedOn({ traceparent: `00-${TRACE}-${PARENT}-fe` })).toBe(`00-${TRACE}-${PARENT}-00`);
  });

  it('are those that OTEL_PROPAGATORS names, unless the options name some', async () => {
    vi.stubEnv('OTEL_PROPAGATORS', 'b3multi, jaeger');
    const fromEnvironment = await start({});
    const injected = fromEnvironment.app
      .get(TracerManager)
      .withSpan('job', () => fromEnvironment.app.get(TracerManager).inject({}));
    expect(Object.keys(injected).sort()).toEqual([
      'uber-trace-id',
      'x-b3-sampled',
      'x-b3-spanid',
      'x-b3-traceid',
    ]);
    const fromOptions = await start({ propagation: { propagators: ['tracecontext'] } });
    const manager = fromOptions.app.get(TracerManager);
    expect(Object.keys(manager.withSpan('job', () => manager.inject({})))).toEqual(['traceparent']);
  });

  it('may be none', async () => {
    vi.stubEnv('OTEL_PROPAGATORS', 'none');
    const app = await start({});
    expect(await parentOf(app, FORMATS['tracecontext']!)).toBeUndefined();
    const manager = app.app.get(TracerManager);
    expect(manager.withSpan('job', () => manager.inject({}))).toEqual({});
  });

  it('leave a baggage header alone that no format reads, and identity headers not', async () => {
    const app = await start({ propagation: { propagators: ['tracecontext'] }, baggage: { allow: ['*'] } });
    const headers = { baggage: 'app.plan=gold', 'x-user-id': 'ada' };
    expect(JSON.parse((await app.get('/who', headers)).body)).toEqual({ 'user.id': 'ada' });
  });

  it("take Jaeger's baggage by the same rules", async () => {
    const app = await start({ propagation: { propagators: ['jaeger'] }, baggage: { allow: ['app.*'] } });
    const headers = { 'uberctx-app.plan': 'g%C3%B6ld', 'uberctx-foreign': '1', 'uberctx-app.bad': '%zz' };
    expect(JSON.parse((await app.get('/who', headers)).body)).toEqual({ 'app.plan': 'göld' });
  });

  it('write no header whose name would make a request fail', async () => {
    const app = await start({ propagation: { propagators: ['jaeger', 'baggage'] } });
    const manager = app.app.get(TracerManager);
    const carrier = app.app
      .get(BaggageService)
      .with({ 'app.plan': 'gold', 'app.größe': '1', 'app. x': '2' }, () => manager.inject({}));
    expect(Object.fromEntries(new Headers(carrier))).toEqual({
      'uberctx-app.plan': 'gold',
      baggage: 'app.plan=gold,app.gr%C3%B6%C3%9Fe=1,app.%20x=2',
    });
  });
});

describe('two instances with different rules', () => {
  it('read the headers of their own routes, and keep what a middleware set and removed', async () => {
    const recorder = new SpanRecorder();
    const billing = TelemetryModule.forRoot({
      service: { name: 'billing' },
      exporter: recorder,
      baggage: { headers: { 'x-account': 'account.id', 'x-session-id': 'session.id' } },
      propagation: { propagators: ['b3'] },
    });
    @Controller('billing')
    class BillingController extends WhoController {
      constructor(@Inject(BaggageService) baggage: BaggageService) {
        super(baggage);
      }
    }
    class BillingModule {}
    Module({ imports: [billing], controllers: [BillingController] })(BillingModule);
    class RootModule implements NestModule {
      constructor(readonly baggage: BaggageService) {}
      configure(consumer: MiddlewareConsumer): void {
        const set = (_request: unknown, _response: unknown, next: () => void): void => {
          this.baggage.set('app.by', 'middleware');
          this.baggage.remove('session.id');
          next();
        };
        consumer.apply(set).forRoutes('{*all}');
      }
    }
    Inject(BaggageService)(RootModule, undefined as never, 0);
    Module({
      imports: [
        TelemetryModule.forRoot({ service: { name: 'root' }, exporter: new SpanRecorder() }),
        BillingModule,
      ],
      controllers: [WhoController],
    })(RootModule);
    const app = await startApp({ root: RootModule, telemetry: false });
    const headers = {
      'x-user-id': 'alice',
      'x-account': 'a-1',
      'x-session-id': 's-1',
      ...FORMATS['tracecontext'],
      b3: `${'c'.repeat(32)}-${'d'.repeat(16)}-1`,
    };
    expect(JSON.parse((await app.get('/who', headers)).body)).toEqual({
      'user.id': 'alice',
      'app.by': 'middleware',
    });
    expect(JSON.parse((await app.get('/billing/who', headers)).body)).toEqual({
      'account.id': 'a-1',
      'app.by': 'middleware',
    });
    const served = await recorder.waitFor('GET /billing/who');
    expect(served.attributes).toMatchObject({ 'account.id': 'a-1' });
    expect(served.attributes).not.toHaveProperty('user.id');
    expect(served.parentSpanContext?.traceId).toBe('c'.repeat(32));
  });
});

describe('carriers', () => {
  const ENTRIES = { 'user.id': 'ada', 'app.plan': 'gold; %=,é' };

  it.each([
    ['a plain object', () => ({})],
    ['a Map', () => new Map<string, string>()],
    ['Headers', () => new Headers()],
  ])('take a job through a queue: %s', async (_name, make) => {
    const app = await start({});
    const manager = app.app.get(TracerManager);
    const baggage = app.app.get(BaggageService);
    const carrier = baggage.with(ENTRIES, () =>
      manager.withSpan('enqueue', () => manager.inject(make() as Record<string, unknown>)),
    );
    expect(baggage.getAll()).toEqual({});
    const seen = await manager.extract(carrier, async () => {
      await Promise.resolve();
      expect(baggage.set('app.step', 'worker')).toBe(true);
      return manager.withSpan('consume', () => baggage.getAll());
    });
    expect(seen).toEqual({ ...ENTRIES, 'app.step': 'worker' });
    const [enqueue, consume] = [app.recorder.span('enqueue'), app.recorder.span('consume')];
    expect(consume.parentSpanContext?.spanId).toBe(enqueue.spanContext().spanId);
    expect(consume.attributes).toMatchObject({ 'user.id': 'ada' });
    expect(manager.startSpan('later', { parent: manager.extract(carrier) }).spanContext().traceId).toBe(
      enqueue.spanContext().traceId,
    );
  });

  it('change the trace and the baggage of the running flow, not where its spans go', async () => {
    const [tenant, other] = [new SpanRecorder(), new SpanRecorder()];
    const app = await start({ tenants: { resolve: () => undefined, config: () => ({ exporter: tenant }) } });
    const manager = app.app.get(TracerManager);
    const work = (name: string): string | undefined =>
      manager.extract(FORMATS['tracecontext']!, () => manager.withSpan(name, () => manager.currentTraceId()));
    expect(manager.withTenant('acme', () => work('of a tenant'))).toBe(TRACE);
    manager.withTenant('acme', () =>
      manager.startSpan('below a parent', { parent: manager.extract(FORMATS['tracecontext']!) }).end(),
    );
    manager.withTemporaryConfig({ exporter: other }, () => work('elsewhere'));
    manager.withoutTracing(() => work('nowhere'));
    manager.withAttributes({ 'job.queue': 'mail' }, () => work('described'));
    await manager.forceFlush();
    expect(tenant.spans().map(({ name }) => name)).toEqual(['of a tenant', 'below a parent']);
    expect((await other.waitFor('elsewhere')).spanContext().traceId).toBe(TRACE);
    expect(app.recorder.spans().map(({ name, attributes }) => [name, attributes])).toEqual([
      ['described', { 'job.queue': 'mail' }],
    ]);
  });

  it('may have no list of its keys, as the metadata of gRPC', async () => {
    const app = await start({ propagation: { propagators: ['jaeger', 'baggage'] } });
    const manager = app.app.get(TracerManager);
    const metadata = app.app
      .get(BaggageService)
      .with(ENTRIES, () => manager.withSpan('call', () => manager.inject(new Metadata())));
    const { traceId } = app.recorder.span('call').spanContext();
    expect(
      manager.extract(metadata, () => [manager.currentTraceId(), app.app.get(BaggageService).getAll()]),
    ).toEqual([traceId, ENTRIES]);
  });

  it('lasts as long as a stream that is returned, and so does a scope', async () => {
    const app = await start({});
    const manager = app.app.get(TracerManager);
    const baggage = app.app.get(BaggageService);
    const events = baggage.with({ 'user.id': 'ada' }, () =>
      interval(1).pipe(
        take(2),
        map(() => baggage.get('user.id')),
      ),
    );
    expect(await lastValueFrom(events.pipe(toArray()))).toEqual(['ada', 'ada']);
    async function* steps(): AsyncGenerator<string | undefined> {
      yield baggage.get('user.id');
      await Promise.resolve();
      yield baggage.get('user.id');
    }
    const seen: (string | undefined)[] = [];
    for await (const step of manager.extract({ baggage: 'user.id=eve' }, steps)) seen.push(step);
    expect(seen).toEqual(['eve', 'eve']);
    expect(baggage.get('user.id')).toBeUndefined();
  });

  it('may hold bytes, as those of Kafka do, lists, or rubbish', async () => {
    const app = await start({});
    const manager = app.app.get(TracerManager);
    const baggage = app.app.get(BaggageService);
    const bytes = {
      traceparent: Buffer.from(`00-${TRACE}-${PARENT}-01`),
      baggage: Buffer.from('user.id=ada'),
    };
    expect(manager.extract(bytes, () => [baggage.getAll(), manager.currentTraceId()])).toEqual([
      { 'user.id': 'ada' },
      TRACE,
    ]);
    expect(manager.extract({ baggage: ['a=1', 'b=2'] }, () => baggage.getAll())).toEqual({ a: '1', b: '2' });
    for (const rubbish of [
      { traceparent: 5 },
      { baggage: null },
      { baggage: {} },
      { traceparent: '', baggage: '' },
    ]) {
      expect(manager.extract(rubbish, () => [baggage.getAll(), manager.currentTraceId()])).toEqual([
        {},
        undefined,
      ]);
    }
    const throwing = new Proxy(
      {},
      {
        get() {
          throw new Error('no');
        },
      },
    );
    expect(manager.extract(throwing, () => manager.currentTraceId())).toBeUndefined();
  });
});
