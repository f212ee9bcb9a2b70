import http from 'node:http';
import { once } from 'node:events';
import { Controller, Get, Inject, Injectable, Module, Query } from '@nestjs/common';
import { HttpModule, HttpService } from '@nestjs/axios';
import { context, metrics, propagation, trace } from '@opentelemetry/api';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { IORedisInstrumentation } from '@opentelemetry/instrumentation-ioredis';
import { PgInstrumentation } from '@opentelemetry/instrumentation-pg';
import { RedisInstrumentation } from '@opentelemetry/instrumentation-redis';
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { Redis } from 'ioredis';
import pg from 'pg';
import { createClient } from 'redis';
import { lastValueFrom } from 'rxjs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Span, TelemetryModule, TracerManager, type TelemetryModuleOptions } from '../../src/index.js';
import { SpanRecorder } from '../../src/testing/index.js';
import { startEchoServer } from '../support/echo-server.js';
import { PostgresServer } from '../support/postgres-server.js';
import { RedisServer } from '../support/redis-server.js';
import { activeContext, runInContext } from '../../src/context/flow-context.js';
import { startApp, type TestApp } from '../support/test-app.js';

let pool: pg.Pool | undefined;
let ioredis: Redis | undefined;
let redis: any;

function httpGet(url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    http
      .get(url, (response) => {
        let body = '';
        response.on('data', (chunk: Buffer) => (body += chunk.toString())).on('end', () => resolve(body));
      })
      .on('error', reject);
  });
}

/** Asks as if from another process: the test's own calls go through the instrumented `http` too. */
function ask(app: TestApp, path: string, headers: Record<string, string> = {}): ReturnType<TestApp['get']> {
  return runInContext(activeContext().withSuppression(), () => app.get(path, headers));
}

@Injectable()
class Calls {
  constructor(@Inject(HttpService) readonly axios: HttpService) {}

  @Span('calls')
  async all(url: string, id: string): Promise<unknown> {
    const [fetched, got, axios, row, viaCallback, fromIoredis, fromRedis] = await Promise.all([
      url && fetch(`${url}/fetch-${id}`).then((response) => response.text()),
      url && httpGet(`${url}/http-${id}`),
      url && lastValueFrom(this.axios.get(`${url}/axios-${id}`)).then(({ data }) => data),
      pool?.query(`select '${id}' as query`).then(({ rows }) => rows[0].query),
      pool &&
        new Promise((resolve) => {
          pool?.query(`select 'callback ${id}' as query`, (_error: unknown, result: any) => {
            resolve([result.rows[0].query, trace.getSpanContext(context.active())]);
          });
        }),
      ioredis?.get(`key-${id}`),
      redis?.get(`key-${id}`),
    ]);
    return { fetched, got, axios, row, viaCallback, fromIoredis, fromRedis };
  }
}

@Controller('root')
class RootController {
  constructor(@Inject(Calls) readonly calls: Calls) {}

  @Get()
  call(@Query('url') url: string, @Query('id') id: string): Promise<unknown> {
    return this.calls.all(url, id);
  }
}

@Controller('billing')
class BillingController {
  constructor(@Inject(Calls) readonly calls: Calls) {}

  @Get()
  call(@Query('url') url: string, @Query('id') id: string): Promise<unknown> {
    return this.calls.all(url, id);
  }
}

const PROVIDERS = { imports: [HttpModule], providers: [Calls] };

function idOf({ attributes }: ReadableSpan): string | undefined {
  return Object.values(attributes)
    .map((value) => /(?:fetch|http|axios|key)-(\w+)|'(?:callback )?(\w+)'/.exec(String(value)))
    .map((match) => match?.[1] ?? match?.[2])
    .find((id) => id !== undefined);
}

/** Which request each client span belongs to, by its ancestors. */
function callsOf(spans: readonly ReadableSpan[]): Record<string, string[]> {
  const byId = new Map(spans.map((span) => [span.spanContext().spanId, span]));
  const calls: Record<string, string[]> = {};
  for (const span of spans) {
    const id = idOf(span);
    if (span.kind !== 2 || id === undefined) continue;
    const calling = byId.get(span.parentSpanContext?.spanId ?? '');
    const server = byId.get(calling?.parentSpanContext?.spanId ?? '');
    const scope = span.instrumentationScope.name.replace('@opentelemetry/instrumentation-', '');
    const asked = /id=(\w+)/.exec(String(server?.attributes['url.query']))?.[1];
    (calls[`${server?.name} ${asked}`] ??= []).push(`${scope} ${calling?.name} ${id}`);
  }
  for (const list of Object.values(calls)) list.sort();
  return calls;
}

function instrumentations(): NonNullable<TelemetryModuleOptions['instrumentations']> {
  return [
    new UndiciInstrumentation(),
    // Without it, instrumentations begin to patch when they are made.
    new HttpInstrumentation({ enabled: false }),
    { instrumentation: new PgInstrumentation(), modules: { pg } },
    { instrumentation: new IORedisInstrumentation(), modules: { ioredis: Redis } },
    new RedisInstrumentation(),
  ];
}

function expectNoGlobals(): void {
  expect(trace.getTracerProvider()).not.toHaveProperty('_delegate');
  expect(trace.getTracer('x').startSpan('x').isRecording()).toBe(false);
  expect(Reflect.ownKeys(context['_getContextManager']()).length).toBe(0);
  expect(propagation.fields()).toEqual([]);
  expect(metrics.getMeterProvider().constructor.name).toBe('NoopMeterProvider');
}

async function startBackends(): Promise<{ url: string; received: any[] }> {
  const echo = await startEchoServer();
  const postgres =
    process.env['TEST_POSTGRES_URL'] ?? `postgres://u:p@127.0.0.1:${(await PostgresServer.start()).port}/db`;
  const redisUrl = process.env['TEST_REDIS_URL'] ?? `redis://127.0.0.1:${(await RedisServer.start()).port}`;
  const connections = new pg.Pool({ connectionString: postgres, max: 2 });
  const client = new Redis(redisUrl);
  pool = connections;
  ioredis = client;
  redis = createClient({ url: redisUrl });
  await Promise.all([once(client, 'ready'), redis.connect()]);
  onTestFinished(async () => {
    client.disconnect();
    redis.destroy();
    await connections.end();
  });
  return echo;
}

describe('outgoing calls', () => {
  it('are children of the request that makes them, in the instance of its flow, with 40 requests of two instances at once', async () => {
    const { url, received } = await startBackends();
    const billingRecorder = new SpanRecorder();
    const billing = TelemetryModule.forRoot({
      service: { name: 'billing' },
      exporter: billingRecorder,
      instrumentations: instrumentations(),
    });
    class BillingModule {}
    Module({ imports: [billing, HttpModule], providers: [Calls], controllers: [BillingController] })(
      BillingModule,
    );
    const app = await startApp({
      ...PROVIDERS,
      imports: [HttpModule, BillingModule],
      controllers: [RootController],
      telemetry: { instrumentations: instrumentations(), isGlobal: false },
    });

    const ids = Array.from({ length: 20 }, (_, index) => `n${index}`);
    await Promise.all(
      ids.flatMap((id) => [
        ask(app, `/root?url=${url}&id=${id}`),
        ask(app, `/billing?url=${url}&id=${id}`).then(({ body }) => {
          expect(JSON.parse(body)).toMatchObject({
            fetched: `/fetch-${id}`,
            got: `/http-${id}`,
            axios: `/axios-${id}`,
          });
        }),
      ]),
    );
    await app.recorder.waitFor(() => app.recorder.spans().filter(({ kind }) => kind === 1).length === 20);
    await billingRecorder.waitFor(
      () => billingRecorder.spans().filter(({ kind }) => kind === 1).length === 20,
    );

    const expected = (name: string): Record<string, string[]> =>
      Object.fromEntries(
        ids.map((id) => [
          `GET /${name} ${id}`,
          [
            `http calls ${id}`,
            `http calls ${id}`,
            `ioredis calls ${id}`,
            `pg calls ${id}`,
            `pg calls ${id}`,
            `redis calls ${id}`,
            `undici calls ${id}`,
          ],
        ]),
      );
    expect(callsOf(app.recorder.spans())).toEqual(expected('root'));
    expect(callsOf(billingRecorder.spans())).toEqual(expected('billing'));

    // What arrives at the other side names the client's span as its parent.
    const clients = new Map(
      [...app.recorder.spans(), ...billingRecorder.spans()].map((span) => [span.spanContext().spanId, span]),
    );
    expect(received).toHaveLength(120);
    for (const { path, headers } of received) {
      const [, traceId, spanId] = headers.traceparent.split('-');
      const client = clients.get(spanId);
      expect(client?.spanContext().traceId).toBe(traceId);
      expect(client?.attributes['url.full']).toBe(`${url}${path}`);
      expect(headers).not.toHaveProperty('baggage');
    }
    expectNoGlobals();
  });

  it('belong to the flow also where two instances share one instrumentation, until the last of them is gone', async () => {
    const { url, received } = await startEchoServer();
    pool = ioredis = redis = undefined;
    const shared = [new UndiciInstrumentation(), new HttpInstrumentation({ enabled: false })];
    const first = await startApp({
      ...PROVIDERS,
      controllers: [RootController],
      telemetry: { instrumentations: shared },
    });
    const second = await startApp({
      ...PROVIDERS,
      controllers: [BillingController],
      telemetry: { instrumentations: shared },
    });
    const original = http.get;
    await Promise.all([ask(first, `/root?url=${url}&id=1`), ask(second, `/billing?url=${url}&id=2`)]);
    await Promise.all([first.recorder.waitFor('GET /root'), second.recorder.waitFor('GET /billing')]);
    expect(callsOf(first.recorder.spans())).toEqual({
      'GET /root 1': ['http calls 1', 'http calls 1', 'undici calls 1'],
    });
    expect(callsOf(second.recorder.spans())).toEqual({
      'GET /billing 2': ['http calls 2', 'http calls 2', 'undici calls 2'],
    });
    await first.close();
    await ask(second, `/billing?url=${url}&id=3`);
    expect(received.every(({ headers }) => headers.traceparent !== undefined)).toBe(true);
    expect(received).toHaveLength(9);
    await second.close();
    expect(http.get).not.toBe(original);
    expect(shared.map((instrumentation) => instrumentation.isEnabled())).toEqual([false, false]);
  });

  it('of an instance that names no instrumentation are not traced, whoever else names one', async () => {
    const { url, received } = await startEchoServer();
    const billing = TelemetryModule.forRoot({
      service: { name: 'billing' },
      exporter: new SpanRecorder(),
      clients: false,
    });
    class BillingModule {}
    Module({ imports: [billing, HttpModule], providers: [Calls], controllers: [BillingController] })(
      BillingModule,
    );
    pool = ioredis = redis = undefined;
    const app = await startApp({
      ...PROVIDERS,
      imports: [HttpModule, BillingModule],
      telemetry: {
        instrumentations: [new UndiciInstrumentation(), new HttpInstrumentation()],
        isGlobal: false,
      },
    });
    await ask(app, `/billing?url=${url}&id=1`);
    expect(received.map(({ headers }) => headers.traceparent)).toEqual([undefined, undefined, undefined]);
    expect(app.recorder.spans()).toEqual([]);
  });

  it('take the traceparent of a trace that is not sampled, and the hooks of the user', async () => {
    const { url, received } = await startEchoServer();
    pool = ioredis = redis = undefined;
    const hooked: string[] = [];
    const app = await startApp({
      ...PROVIDERS,
      controllers: [RootController],
      telemetry: {
        sampler: 0,
        instrumentations: [
          new UndiciInstrumentation({ requestHook: (_span, { path }) => hooked.push(path) }),
          new HttpInstrumentation({
            ignoreOutgoingRequestHook: ({ path }) => path?.startsWith('/axios') === true,
          }),
        ],
      },
    });
    const headers = { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-00` };
    await ask(app, `/root?url=${url}&id=1`, headers);
    expect(
      received
        .map(({ path, headers: { traceparent } }) => [
          path,
          traceparent?.slice(0, 35),
          traceparent?.slice(-2),
        ])
        .sort(),
    ).toEqual([
      ['/axios-1', undefined, undefined],
      ['/fetch-1', `00-${'a'.repeat(32)}`, '00'],
      ['/http-1', `00-${'a'.repeat(32)}`, '00'],
    ]);
    expect(hooked).toEqual(['/fetch-1']);
    expect(app.recorder.spans()).toEqual([]);
  });

  it('are traced as long as the instance is enabled, and everything is unpatched afterwards', async () => {
    const { url, received } = await startBackends();
    const original = {
      get: http.get,
      emit: Object.getOwnPropertyDescriptor(http.Server.prototype, 'emit'),
      query: pg.Client.prototype.query,
      poolConnect: pg.Pool.prototype.connect,
      sendCommand: Redis.prototype.sendCommand,
    };
    const app = await startApp({
      ...PROVIDERS,
      controllers: [RootController],
      telemetry: { instrumentations: instrumentations() },
    });
    const manager = app.app.get(TracerManager);
    expect(http.get).not.toBe(original.get);
    await manager.reconfigure({ enabled: false });
    expect(http.get).toBe(original.get);
    expect(pg.Client.prototype.query).toBe(original.query);
    await ask(app, `/root?url=${url}&id=off`);
    await manager.reconfigure({ enabled: true });
    await ask(app, `/root?url=${url}&id=on`);
    await app.recorder.waitFor('GET /root');
    expect(Object.values(callsOf(app.recorder.spans())).flat()).toHaveLength(7);
    expect(received.map(({ path, headers }) => [path, headers.traceparent !== undefined]).sort()).toEqual([
      ['/axios-off', false],
      ['/axios-on', true],
      ['/fetch-off', false],
      ['/fetch-on', true],
      ['/http-off', false],
      ['/http-on', true],
    ]);
    await app.close();
    expect({
      get: http.get,
      emit: Object.getOwnPropertyDescriptor(http.Server.prototype, 'emit'),
      query: pg.Client.prototype.query,
      poolConnect: pg.Pool.prototype.connect,
      sendCommand: Redis.prototype.sendCommand,
    }).toEqual(original);
    expectNoGlobals();
  });
});
