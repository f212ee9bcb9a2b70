import { once } from 'node:events';
import { createRequire } from 'node:module';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { Controller, Get, Query } from '@nestjs/common';
import { IORedisInstrumentation } from '@opentelemetry/instrumentation-ioredis';
import { RedisInstrumentation } from '@opentelemetry/instrumentation-redis';
import * as newestIoredis from 'ioredis';
import * as newestRedis from 'redis';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { MeterManager, Span, TracerManager, type TelemetryModuleOptions } from '../../../src/index.js';
import { PLAIN_SPAN, shapeOf, type SpanShape } from '../../support/span-shape.js';
import { startApp, type TestApp } from '../../support/test-app.js';

const url = new URL(process.env['CLIENTS_REDIS_URL'] ?? '');
const address = { host: url.hostname, port: Number(url.port) };
const requireOldest = createRequire(join(process.env['CLIENTS_OLDEST'] ?? '', 'index.js'));

type Work = (query: Record<string, string>) => unknown;
let work: Work;

@Controller()
class CacheController {
  @Get('cache')
  cache(@Query() query: Record<string, string>): unknown {
    return work(query);
  }

  @Span('lookup')
  @Get('span')
  span(): unknown {
    return work({});
  }
}

function start(telemetry: TelemetryModuleOptions = {}): Promise<TestApp> {
  return startApp({ controllers: [CacheController], telemetry });
}

async function cacheSpans(app: TestApp, path = '/cache'): Promise<SpanShape[]> {
  app.recorder.clear();
  await app.get(path);
  const server = await app.recorder.waitFor('GET /cache');
  const spans = app.recorder.spans().filter(({ kind }) => kind === 2);
  for (const span of spans)
    expect(span.parentSpanContext).toMatchObject({ spanId: server.spanContext().spanId });
  return spans.map((span) => ({ ...shapeOf(span), parent: undefined }));
}

function commandSpan(name: string, attributes: SpanShape['attributes'] = {}): SpanShape {
  return {
    ...PLAIN_SPAN,
    name,
    kind: 'CLIENT',
    attributes: {
      'db.system.name': 'redis',
      'db.operation.name': name,
      'db.namespace': '0',
      'server.address': address.host,
      'server.port': address.port,
      ...attributes,
    },
  };
}

function failedSpan(name: string, type: string, message: string, more: SpanShape['attributes']): SpanShape {
  return {
    ...commandSpan(name, { ...more, 'error.type': type }),
    status: { code: 'ERROR', message },
  };
}

/** Accepts connections and answers none of their commands. */
async function startSilentServer(): Promise<{ host: string; port: number }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => void sockets.add(socket.on('error', () => {}).resume()));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { host: '127.0.0.1', port: (server.address() as { port: number }).port };
}

async function crossedParents(app: TestApp): Promise<[number, string[]]> {
  const ids = Array.from({ length: 200 }, (_, index) => String(index));
  await Promise.all(ids.map((id) => app.get(`/cache?id=${id}`)));
  const asked = new Map(
    app.recorder
      .spans()
      .filter(({ kind }) => kind === 1)
      .map((span) => [span.spanContext().spanId, String(span.attributes['url.query']).slice(3)]),
  );
  const calls = app.recorder.spans().filter(({ kind }) => kind === 2);
  const crossed = calls.flatMap((span) => {
    const own = String(span.attributes['db.query.text']).split(' ')[1];
    const parent = asked.get(span.parentSpanContext?.spanId ?? '');
    return own === `user:${parent}` ? [] : [`${own} below ${parent}`];
  });
  return [calls.length, crossed];
}

afterEach(() => {
  work = () => undefined;
});

describe.each([
  ['newest', newestIoredis],
  ['oldest', requireOldest('ioredis') as typeof newestIoredis],
])('ioredis, %s', (_version, { Redis }) => {
  function connect(options: newestIoredis.RedisOptions = {}): newestIoredis.Redis {
    const client = new Redis({ ...address, ...options } as object);
    client.on('error', () => {});
    onTestFinished(() => client.disconnect());
    return client;
  }

  it('records commands by name, without keys and values', async () => {
    const client = connect();
    await once(client, 'ready');
    work = async () => {
      await client.set('secret-key', 'secret-value');
      return client.get('secret-key');
    };
    const app = await start();
    expect(await cacheSpans(app)).toEqual([commandSpan('SET'), commandSpan('GET')]);
  });

  it('records keys, and still no values, where they are asked for', async () => {
    const client = connect();
    await once(client, 'ready');
    work = async () => {
      await client.set('user:1', 'secret');
      await client.getset('user:1', 'secret');
      await client.del('user:1', 'user:2');
      await client.eval('return ARGV[1]', 1, 'user:1', 'secret');
      await client.config('SET', 'maxmemory-policy', 'noeviction');
    };
    const app = await start({ clients: { redis: { queryText: true } } });
    expect((await cacheSpans(app)).map(({ attributes }) => attributes['db.query.text'])).toEqual([
      'SET user:1 ?',
      'GETSET user:1 ?',
      'DEL user:1 user:2',
      'EVAL ?',
      'CONFIG ?',
    ]);
  });

  it('records each command of a pipeline, and a transaction as one', async () => {
    const client = connect();
    await once(client, 'ready');
    work = async () => {
      await client.pipeline().set('a', '1').get('a').exec();
      await client.multi().set('a', '1').get('a').exec();
    };
    const app = await start();
    expect(await cacheSpans(app)).toEqual([
      commandSpan('SET'),
      commandSpan('GET'),
      commandSpan('MULTI', { 'db.operation.batch.size': 2 }),
    ]);
  });

  it('records errors by their code', async () => {
    const client = connect();
    await once(client, 'ready');
    await client.set('text', 'value');
    work = () =>
      Promise.allSettled([
        client.lpush('text', 'value'),
        client.eval("return redis.error_reply('ERR the secret of somebody')", 0),
      ]);
    const app = await start();
    const [wrongType, script] = await cacheSpans(app);
    expect(wrongType).toEqual(
      failedSpan('LPUSH', 'WRONGTYPE', 'WRONGTYPE Operation against a key holding the wrong kind of value', {
        'db.response.status_code': 'WRONGTYPE',
      }),
    );
    expect(script).toEqual({
      ...commandSpan('EVAL', { 'db.response.status_code': 'ERR', 'error.type': 'ERR' }),
      status: { code: 'ERROR' },
    });
  });

  it('records commands that wait for the connection, in the flow that made them and with their wait', async () => {
    const client = connect({ lazyConnect: true });
    work = async () => {
      await Promise.all([client.get('a'), client.multi().get('a').get('b').exec()]);
    };
    const app = await start();
    expect(await cacheSpans(app)).toEqual([
      commandSpan('GET'),
      commandSpan('MULTI', { 'db.operation.batch.size': 2 }),
    ]);
  });

  it('records commands that never reach the server', async () => {
    const { host, port } = await startSilentServer();
    const client = connect({ host, port, commandTimeout: 50, retryStrategy: null as never });
    work = () => client.get('a').catch(() => undefined);
    const app = await start();
    const where = { 'server.address': host, 'server.port': port };
    expect(await cacheSpans(app)).toEqual([failedSpan('GET', 'timeout', 'Command timed out', where)]);
    client.disconnect();
    await vi.waitFor(() => expect(client.status).toBe('end'));
    expect(await cacheSpans(app)).toEqual([failedSpan('GET', '_OTHER', 'Connection is closed.', where)]);
  });

  it.each([{ enableAutoPipelining: true }, { enableAutoPipelining: false }])(
    'keeps 200 requests at once apart on one connection: %o',
    async (options) => {
      const client = connect({ ...options, lazyConnect: true });
      work = async ({ id }) => {
        await client.set(`user:${id}`, 'value');
        await Promise.all([client.get(`user:${id}`), client.get(`user:${id}`)]);
      };
      const app = await start({ clients: { redis: { queryText: true } } });
      expect(await crossedParents(app)).toEqual([600, []]);
    },
  );

  it('measures commands, and nests them in the spans of methods', async () => {
    const client = connect();
    await once(client, 'ready');
    work = () => client.get('a');
    const app = await start();
    await app.get('/span');
    const lookup = await app.recorder.waitFor('lookup');
    expect(app.recorder.span('GET').parentSpanContext?.spanId).toBe(lookup.spanContext().spanId);
    await app.app.get(TracerManager).reconfigure({ clients: { redis: false } });
    expect(await cacheSpans(app)).toEqual([]);
  });
});

describe.each([
  ['newest', newestRedis],
  ['oldest', requireOldest('redis') as typeof newestRedis],
])('redis, %s', (_version, { createClient }) => {
  async function connect(options: newestRedis.RedisClientOptions = {}): Promise<newestRedis.RedisClientType> {
    const client = createClient({ socket: address, ...options }) as newestRedis.RedisClientType;
    client.on('error', () => {});
    onTestFinished(() => {
      if (client.isOpen) client.destroy();
    });
    await client.connect();
    return client;
  }

  it('records commands by name, without keys and values', async () => {
    const client = await connect();
    work = async () => {
      await client.set('secret-key', 'secret-value');
      return client.get('secret-key');
    };
    const app = await start();
    expect(await cacheSpans(app)).toEqual([commandSpan('SET'), commandSpan('GET')]);
  });

  it('records pipelines and transactions as one', async () => {
    const client = await connect();
    work = async () => {
      await client.multi().set('a', '1').get('a').execAsPipeline();
      await client.multi().set('a', '1').get('a').exec();
    };
    const app = await start();
    expect(await cacheSpans(app)).toEqual([
      commandSpan('PIPELINE', { 'db.operation.batch.size': 2 }),
      commandSpan('MULTI', { 'db.operation.batch.size': 2 }),
    ]);
  });

  it('records errors by their code, and commands of a closed client', async () => {
    const client = await connect();
    await client.set('text', 'value');
    work = () => client.lPush('text', 'value').catch(() => undefined);
    const app = await start();
    const message = 'WRONGTYPE Operation against a key holding the wrong kind of value';
    expect(await cacheSpans(app)).toEqual([
      failedSpan('LPUSH', 'WRONGTYPE', message, { 'db.response.status_code': 'WRONGTYPE' }),
    ]);
    client.destroy();
    expect(await cacheSpans(app)).toEqual([
      failedSpan('LPUSH', 'ClientClosedError', 'The client is closed', {}),
    ]);
  });

  it('keeps 200 requests at once apart on one connection', async () => {
    const client = await connect();
    work = async ({ id }) => {
      await client.set(`user:${id}`, 'value');
      await Promise.all([client.get(`user:${id}`), client.get(`user:${id}`)]);
    };
    const app = await start({ clients: { redis: { queryText: true } } });
    expect(await crossedParents(app)).toEqual([600, []]);
  });
});

describe('an instance that lists an official instrumentation', () => {
  it('has one span for each command', async () => {
    const instrumentations = [
      { instrumentation: new IORedisInstrumentation(), modules: { ioredis: newestIoredis.Redis } },
      new RedisInstrumentation(),
    ];
    const client = new newestIoredis.Redis(address);
    const other = newestRedis.createClient({ socket: address });
    await Promise.all([once(client, 'ready'), other.connect()]);
    onTestFinished(() => {
      client.disconnect();
      other.destroy();
    });
    work = async () => {
      await client.get('a');
      await other.get('a');
      await other.multi().get('a').get('b').exec();
    };
    const app = await start({ instrumentations });
    const spans = await cacheSpans(app);
    expect(spans.map(({ name, scope }) => `${scope.split('-').at(-1)} ${name}`)).toEqual([
      'ioredis get',
      'redis redis-GET',
      'redis redis-GET',
      'redis redis-GET',
    ]);
  });
});

describe('commands', () => {
  it('are measured', async () => {
    const redis = new newestIoredis.Redis(address);
    onTestFinished(() => {
      redis.disconnect();
    });
    await redis.ping();
    work = () => redis.get('key');
    const app = await start({ metrics: { readers: [{ type: 'prometheus' }] } });
    await cacheSpans(app);
    const page = await app.app.get(MeterManager).scrape();
    const [, labels, count] = /^db_client_operation_duration_count\{(.*)\} (\d+)$/m.exec(page)!;
    expect([labels!.replace(/,?otel_scope_\w+="[^"]*"/g, ''), count]).toEqual([
      'db_system_name="redis",db_operation_name="GET",db_namespace="0",' +
        `server_address="${address.host}",server_port="${address.port}"`,
      '1',
    ]);
  });
});
