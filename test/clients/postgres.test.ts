import { createRequire } from 'node:module';
import { Injectable } from '@nestjs/common';
import type * as Postgres from 'pg';
import { describe, expect, it, onTestFinished } from 'vitest';
import { MeterManager, TracerManager } from '../../src/index.js';
import { PostgresServer } from '../support/postgres-server.js';
import { PLAIN_SPAN, type SpanShape } from '../support/span-shape.js';
import { callsDuring, callsOf, startCallingApp } from './calling-app.js';
import { poolFigures } from './pool-figures.js';
import { withoutWaits } from './waits.js';

const require = createRequire(import.meta.url);

function poolOf({ Pool }: typeof Postgres, { port }: PostgresServer): Postgres.Pool {
  const pool = new Pool({ host: '127.0.0.1', port, user: 'app', database: 'shop' });
  onTestFinished(() => pool.end());
  return pool;
}

function selectSpan({ port }: PostgresServer): SpanShape {
  return {
    ...PLAIN_SPAN,
    name: 'SELECT orders',
    kind: 'CLIENT',
    attributes: {
      'db.system.name': 'postgresql',
      'db.namespace': 'shop',
      'db.operation.name': 'SELECT',
      'db.collection.name': 'orders',
      'db.query.summary': 'SELECT orders',
      'db.query.text': 'SELECT * FROM orders WHERE id = ?',
      'db.response.returned_rows': 1,
      'server.address': '127.0.0.1',
      'server.port': port,
    },
  };
}

/** A copy of `pg` that is in no cache of modules, as in a bundle. */
function bundledCopy(): typeof Postgres {
  const kept = { ...require.cache };
  const isPg = (file: string): boolean => /[\\/]node_modules[\\/]pg[\\/]/.test(file);
  for (const file of Object.keys(require.cache).filter(isPg)) Reflect.deleteProperty(require.cache, file);
  const copy = require('pg') as typeof Postgres;
  for (const file of Object.keys(require.cache).filter(isPg)) Reflect.deleteProperty(require.cache, file);
  Object.assign(require.cache, kept);
  return copy;
}

const TEXT = 'SELECT * FROM orders WHERE id = 7';

describe('pg', () => {
  it('is seen where it is imported while a request is running, first of all', async () => {
    const server = await PostgresServer.start();
    const app = await startCallingApp(async () => {
      const loaded = (await import('pg')).default as unknown as typeof Postgres;
      await poolOf(loaded, server).query(TEXT);
    });
    const before = Object.keys(require.cache).filter((file) => file.includes('node_modules/pg/'));
    const spans = withoutWaits(await callsOf(app));
    expect([before, spans]).toEqual([[], [selectSpan(server)]]);
  });

  it.each([
    ['is injected', (pool: Postgres.Pool) => ({ provide: 'POOL', useValue: pool })],
    [
      'is the field of a service',
      (pool: Postgres.Pool) => {
        @Injectable()
        class Database {
          readonly pool = pool;
        }
        return Database;
      },
    ],
    ['is held by a query builder', (pool: Postgres.Pool) => ({ provide: 'DB', useValue: { $client: pool } })],
    [
      'is a data source',
      (pool: Postgres.Pool) => ({ provide: 'DB', useValue: { driver: { master: pool } } }),
    ],
  ])('is seen in a bundle where a pool %s', async (_title, provider) => {
    const server = await PostgresServer.start();
    const pool = poolOf(bundledCopy(), server);
    await pool.query('SELECT 1');
    const app = await startCallingApp(() => pool.query(TEXT), {}, { providers: [provider(pool)] });
    expect(withoutWaits(await callsOf(app))).toEqual([selectSpan(server)]);
  });

  it('is not recorded where the option says so, and again when it is allowed', async () => {
    const server = await PostgresServer.start();
    const pool = poolOf(require('pg') as typeof Postgres, server);
    await pool.query('SELECT 1');
    expect([
      await callsDuring(() => pool.query(TEXT), { clients: { postgres: false } }),
      await callsDuring(() => pool.query(TEXT), { clients: false }),
      (await callsDuring(() => pool.query(TEXT), { clients: { postgres: true } })).length,
    ]).toEqual([[], [], 1]);
  });

  it('measures statements, and how long pools take to give a connection', async () => {
    const server = await PostgresServer.start();
    const pool = poolOf(require('pg') as typeof Postgres, server);
    const app = await startCallingApp(() => pool.query(TEXT), {
      metrics: { readers: [{ type: 'prometheus' }] },
    });
    await callsOf(app);
    const page = await app.app.get(MeterManager).scrape();
    const counts = [
      ...page.matchAll(/^(db_client_(?:operation|connection_wait)_\w+_count)\{(.*)\} (\d+)$/gm),
    ].map(([, name, labels, count]) => [name, labels!.replace(/,?otel_scope_\w+="[^"]*"/g, ''), count]);
    const pooled = `db_client_connection_pool_name="127.0.0.1:${server.port}/shop"`;
    expect(counts).toEqual([
      ['db_client_connection_wait_time_count', `db_system_name="postgresql",${pooled}`, '1'],
      [
        'db_client_operation_duration_count',
        'db_system_name="postgresql",db_operation_name="SELECT",db_collection_name="orders",' +
          `db_namespace="shop",server_address="127.0.0.1",server_port="${server.port}"`,
        '1',
      ],
    ]);
  });

  it('measures a pool as long as it is open and the option allows it, and waits that it gave up', async () => {
    const server = await PostgresServer.start();
    const { Pool } = require('pg') as typeof Postgres;
    const pool = new Pool({
      ...{ host: '127.0.0.1', port: server.port, user: 'app', database: 'shop' },
      ...{ max: 2, min: 1, connectionTimeoutMillis: 50 },
    });
    let failures = 0;
    const app = await startCallingApp(
      async () => {
        const clients = await Promise.all([pool.connect(), pool.connect()]);
        await pool.query(TEXT).catch(() => (failures += 1));
        clients[0].release();
        during.push(await figures());
        clients[1].release();
      },
      { metrics: { readers: [{ type: 'prometheus' }] } },
    );
    const during: unknown[] = [];
    const figures = () => poolFigures(app, `127.0.0.1:${server.port}/shop`);
    await callsOf(app);
    const limits = [
      ['idle_max', 2],
      ['idle_min', 1],
      ['max', 2],
      ['pending_requests', 0],
      ['timeouts_total', 1],
    ];
    const open = [['count idle', 2], ['count used', 0], ...limits];
    const none = open.map(([name, value]) => [name, name === 'timeouts_total' ? value : 0]);
    const manager = app.app.get(TracerManager);
    const seen = [await figures()];
    await manager.reconfigure({ clients: { postgres: false } });
    seen.push(await figures());
    await manager.reconfigure({ clients: { postgres: true } });
    seen.push(await figures());
    await pool.end();
    seen.push(await figures());
    expect([failures, during]).toEqual([1, [[['count idle', 1], ['count used', 1], ...limits]]]);
    expect(seen).toEqual([open, none, open, none]);
  });

  it('adds up the pools to one database', async () => {
    const server = await PostgresServer.start();
    const pools = [0, 1, 2].map(() => poolOf(require('pg') as typeof Postgres, server));
    const app = await startCallingApp(() => Promise.all(pools.map((pool) => pool.query(TEXT))), {
      metrics: { readers: [{ type: 'prometheus' }] },
    });
    await callsOf(app);
    expect(await poolFigures(app, `127.0.0.1:${server.port}/shop`)).toEqual([
      ['count idle', 3],
      ['count used', 0],
      ['idle_max', 30],
      ['idle_min', 0],
      ['max', 30],
      ['pending_requests', 0],
      ['timeouts_total', 0],
    ]);
  });

  it('records parameters only where they are asked for', async () => {
    const server = await PostgresServer.start();
    const pool = poolOf(require('pg') as typeof Postgres, server);
    const query = () => pool.query('SELECT $1', ['secret']);
    const parameterOf = async (postgres: object) =>
      (await callsDuring(query, { clients: { postgres } }))[0]?.attributes['db.query.parameter.0'];
    expect([await parameterOf({}), await parameterOf({ parameters: true })]).toEqual([undefined, 'secret']);
  });

  it('throws what it throws without telemetry', async () => {
    const server = await PostgresServer.start();
    const pool = poolOf(require('pg') as typeof Postgres, server);
    const client = await pool.connect();
    onTestFinished(() => client.release());
    const attempt = (): string => {
      try {
        (client.query as (text?: unknown, callback?: unknown) => unknown)(undefined);
        return 'nothing';
      } catch (error) {
        return String(error);
      }
    };
    const bare = attempt();
    const seen: string[] = [];
    await callsDuring(() => seen.push(attempt()));
    expect(seen).toEqual([bare]);
  });
});
