import { once } from 'node:events';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Injectable } from '@nestjs/common';
import { PgInstrumentation } from '@opentelemetry/instrumentation-pg';
import DataLoader from 'dataloader';
import { knex } from 'knex';
import type * as Postgres from 'pg';
import type PgCursor from 'pg-cursor';
import type PgQueryStream from 'pg-query-stream';
import { DataSource, EntitySchema } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Span, TracerManager } from '../../../src/index.js';
import type { SpanShape } from '../../support/span-shape.js';
import { callsDuring, startCallingApp } from '../calling-app.js';
import { withoutWaits } from '../waits.js';
import { statementSpan } from './statement-span.js';

const url = new URL(process.env['CLIENTS_POSTGRES_URL']!);

interface Libraries {
  readonly pg: typeof Postgres;
  readonly Cursor: typeof PgCursor;
  readonly QueryStream: typeof PgQueryStream;
}

function librariesIn(folder: string): Libraries {
  const require = createRequire(join(folder, 'index.js'));
  return { pg: require('pg'), Cursor: require('pg-cursor'), QueryStream: require('pg-query-stream') };
}

const statement = statementSpan('postgresql', 'postgres', url);

describe.each([
  ['newest', process.cwd()],
  ['oldest', process.env['CLIENTS_OLDEST']!],
])('pg, %s version', (_version, folder) => {
  const { pg, Cursor, QueryStream } = librariesIn(folder);
  let pool: Postgres.Pool;

  beforeAll(async () => {
    pool = new pg.Pool({ connectionString: url.href, max: 4 });
    await pool.query('DROP TABLE IF EXISTS orders');
    await pool.query('CREATE TABLE orders (id int PRIMARY KEY, customer text UNIQUE)');
    await pool.query(`INSERT INTO orders SELECT n, 'customer ' || n FROM generate_series(1, 500) n`);
  });
  afterAll(() => pool.end());

  it('records queries by promise and callback, with parameters, prepared ones by their text, and rows', async () => {
    const spans = await callsDuring(async () => {
      await pool.query(`SELECT * FROM orders WHERE customer = 'customer 7'`);
      await pool.query('SELECT id FROM orders WHERE id = $1', [3]);
      await new Promise((resolve) => pool.query('SELECT 1 AS one', resolve));
      const client = await pool.connect();
      const prepared = { name: 'of-customer', text: 'SELECT * FROM orders WHERE id < $1', values: [5] };
      await client.query(prepared);
      await new Promise<void>((resolve) => client.query({ ...prepared, callback: () => resolve() } as never));
      await client.query(`UPDATE orders SET customer = 'nobody' WHERE id = 1`);
      client.release();
    });
    expect(withoutWaits(spans)).toEqual([
      statement('SELECT orders', 'SELECT * FROM orders WHERE customer = ?', {
        'db.response.returned_rows': 1,
      }),
      statement('SELECT orders', 'SELECT id FROM orders WHERE id = $1', { 'db.response.returned_rows': 1 }),
      statement('SELECT', 'SELECT ? AS one', { 'db.response.returned_rows': 1 }),
      statement('SELECT orders', 'SELECT * FROM orders WHERE id < $1', { 'db.response.returned_rows': 4 }),
      statement('SELECT orders', 'SELECT * FROM orders WHERE id < $1', { 'db.response.returned_rows': 4 }),
      statement('UPDATE orders', 'UPDATE orders SET customer = ? WHERE id = ?'),
    ]);
  });

  it('marks what is done inside a transaction, past savepoints', async () => {
    const spans = await callsDuring(async () => {
      const client = await pool.connect();
      for (const text of [
        'BEGIN',
        'SELECT 1',
        'SAVEPOINT here',
        'ROLLBACK TO here',
        'SELECT 2',
        'COMMIT',
        'SELECT 3',
      ])
        await client.query(text);
      client.release();
    });
    expect(spans.map(({ name, attributes }) => [name, attributes['nestjs.db.transaction']])).toEqual([
      ['BEGIN', undefined],
      ['SELECT', true],
      ['SAVEPOINT', true],
      ['ROLLBACK TO', true],
      ['SELECT', true],
      ['COMMIT', true],
      ['SELECT', undefined],
    ]);
  });

  it('tells errors by SQLSTATE, without the values that the server quotes', async () => {
    const spans = await callsDuring(async () => {
      await pool.query('SELECT * FROM nowhere').catch(() => {});
      await pool.query(`INSERT INTO orders VALUES (900, 'customer 7')`).catch(() => {});
      await new Promise((resolve) => pool.query(`SELECT 'secret'::int`, resolve));
    });
    const failed = (span: SpanShape, code: string, message: string): SpanShape => ({
      ...span,
      status: { code: 'ERROR', message },
      attributes: { ...span.attributes, 'error.type': code, 'db.response.status_code': code },
    });
    expect(withoutWaits(spans)).toEqual([
      failed(
        statement('SELECT nowhere', 'SELECT * FROM nowhere'),
        '42P01',
        'relation "nowhere" does not exist',
      ),
      failed(
        statement('INSERT orders', 'INSERT INTO orders VALUES (?, ?)'),
        '23505',
        'duplicate key value violates unique constraint ?',
      ),
      failed(statement('SELECT', 'SELECT ?::int'), '22P02', 'invalid input syntax for type integer: ?'),
    ]);
  });

  it('records statements that the server or the client gives up', async () => {
    const spans = await callsDuring(async () => {
      for (const timeout of [{ statement_timeout: 20 }, { query_timeout: 20 }]) {
        const client = new pg.Client({ connectionString: url.href, ...timeout });
        await client.connect();
        await client.query('SELECT pg_sleep(0.2)').catch(() => {});
        await client.end();
      }
    });
    expect(spans.map(({ name, status, attributes }) => [name, status, attributes['error.type']])).toEqual([
      ['SELECT', { code: 'ERROR', message: 'canceling statement due to statement timeout' }, '57014'],
      ['SELECT', { code: 'ERROR', message: 'Query read timeout' }, 'timeout'],
    ]);
  });

  it('records cursors and streams until their end, with the rows that were read', async () => {
    const spans = await callsDuring(async () => {
      const client = await pool.connect();
      const cursor = client.query(new Cursor('SELECT id FROM orders WHERE id > $1', [100]));
      await new Promise<void>((resolve) => cursor.read(25, () => resolve()));
      await new Promise<void>((resolve) => cursor.close(() => resolve()));
      const stream = client.query(new QueryStream('SELECT id, 7 FROM orders'));
      stream.resume();
      await once(stream, 'end');
      const broken = client.query(new QueryStream('SELECT 1 / (id - 50) FROM orders ORDER BY id'));
      broken.resume();
      await once(broken, 'error').catch(() => {});
      client.release();
    });
    const broken = statement('SELECT orders', 'SELECT ? / (id - ?) FROM orders ORDER BY id', {
      'db.response.status_code': '22012',
      'error.type': '22012',
    });
    expect(withoutWaits(spans)).toEqual([
      statement('SELECT orders', 'SELECT id FROM orders WHERE id > $1', { 'db.response.returned_rows': 25 }),
      statement('SELECT orders', 'SELECT id, ? FROM orders', { 'db.response.returned_rows': 500 }),
      { ...broken, status: { code: 'ERROR', message: 'division by zero' } },
    ]);
  });

  it('tells how long a statement has waited for a connection, and pools that give none', async () => {
    const small = new pg.Pool({ connectionString: url.href, max: 1, connectionTimeoutMillis: 150 });
    const spans = await callsDuring(async () => {
      await small.query('SELECT 1');
      await Promise.all([small.query('SELECT pg_sleep(0.05)'), small.query('SELECT 2')]);
      const client = await small.connect();
      await small.query('SELECT 3').catch(() => {});
      client.release();
    });
    await small.end();
    const waits = spans.map(({ attributes }) => Number(attributes['db.client.connection.wait_time'] ?? 0));
    expect(spans.map(({ name, status }, index) => [name, status, waits[index]! > 0.04])).toEqual([
      ['SELECT', { code: 'UNSET' }, expect.anything()],
      ['SELECT', { code: 'UNSET' }, expect.anything()],
      ['SELECT', { code: 'UNSET' }, true],
      ['connect', { code: 'ERROR', message: 'timeout exceeded when trying to connect' }, true],
    ]);
  });

  it('has the functions of the library as they were once nobody records', async () => {
    const original = [pg.Client.prototype.query, pg.Pool.prototype.connect];
    const app = await startCallingApp(() => pool.query('SELECT 1'));
    const patched = [pg.Client.prototype.query, pg.Pool.prototype.connect];
    expect(patched.map((method, index) => method === original[index])).toEqual([false, false]);
    const manager = app.app.get(TracerManager);
    await manager.reconfigure({ enabled: false });
    const disabled = [pg.Client.prototype.query, pg.Pool.prototype.connect];
    await manager.reconfigure({ enabled: true });
    const enabled = [pg.Client.prototype.query, pg.Pool.prototype.connect];
    await app.close();
    const closed = [pg.Client.prototype.query, pg.Pool.prototype.connect];
    const isOriginal = (methods: unknown[]): boolean[] =>
      methods.map((method, index) => method === original[index]);
    expect([disabled, enabled, closed].map(isOriginal)).toEqual([
      [true, true],
      [false, false],
      [true, true],
    ]);
  });
});

describe('pg', () => {
  const { pg } = librariesIn(process.cwd());

  it('records COPY until its end', async () => {
    const require = createRequire(import.meta.url);
    const { from, to } = require('pg-copy-streams');
    const pool = new pg.Pool({ connectionString: url.href });
    await pool.query('CREATE TABLE IF NOT EXISTS copied (id int, name text)');
    const spans = await callsDuring(async () => {
      const client = await pool.connect();
      const input = client.query(from('COPY copied (id, name) FROM STDIN'));
      input.end('1\tsecret\n2\tsecret\n');
      await once(input, 'finish');
      const output = client.query(to('COPY copied TO STDOUT'));
      output.resume();
      await once(output, 'end');
      client.release();
    });
    await pool.end();
    expect(withoutWaits(spans)).toEqual([
      statement('COPY copied', 'COPY copied (id, name) FROM STDIN'),
      statement('COPY copied', 'COPY copied TO STDOUT'),
    ]);
  });

  it('makes one span per statement beside its official instrumentation', async () => {
    const pool = new pg.Pool({ connectionString: url.href });
    const spans = await callsDuring(() => pool.query('SELECT 1'), {
      instrumentations: [{ instrumentation: new PgInstrumentation(), modules: { pg } }],
    });
    await pool.end();
    expect(spans.map(({ name }) => name)).toEqual([
      'pg.connect',
      'pg-pool.connect',
      'pg.query:SELECT postgres',
    ]);
  });

  it('makes one span per operation of TypeORM', async () => {
    const entity = new EntitySchema<{ id: number; name: string }>({
      name: 'Item',
      columns: { id: { type: Number, primary: true }, name: { type: String } },
    });
    const source = new DataSource({
      type: 'postgres',
      url: url.href,
      entities: [entity],
      synchronize: true,
    });
    await source.initialize();
    const items = source.getRepository(entity);
    const spans = await callsDuring(async () => {
      await items.clear();
      await items.insert({ id: 1, name: 'secret' });
      await items.findBy({ name: 'secret' });
      await source.transaction((manager) => manager.save(entity, { id: 2, name: 'secret' }));
    });
    await source.destroy();
    const columns = 'SELECT "Item"."id" AS "Item_id", "Item"."name" AS "Item_name"';
    const insert = 'INSERT INTO "item"("id", "name") VALUES ($1, $2)';
    expect(spans.map(({ name, attributes }) => [name, attributes['db.query.text']])).toEqual([
      ['TRUNCATE TABLE item', 'TRUNCATE TABLE "item"'],
      ['INSERT item', insert],
      ['SELECT item', `${columns} FROM "item" "Item" WHERE (("Item"."name" = $1))`],
      ['START TRANSACTION', 'START TRANSACTION'],
      ['SELECT item', `${columns} FROM "item" "Item" WHERE "Item"."id" = $1`],
      ['INSERT item', insert],
      ['COMMIT', 'COMMIT'],
    ]);
  });

  it('makes one span per operation of Knex, with its transactions', async () => {
    const db = knex({ client: 'pg', connection: url.href, version: '15.0' });
    const spans = await callsDuring(async () => {
      await db.schema.dropTableIfExists('notes');
      await db.schema.createTable('notes', (table) => table.text('text'));
      await db('notes').insert({ text: 'secret' });
      await db.transaction(async (trx) => trx('notes').where({ text: 'secret' }).select('text'));
    });
    await db.destroy();
    expect(spans.map(({ name, attributes }) => [name, attributes['db.query.text']])).toEqual([
      ['DROP TABLE notes', 'drop table if exists "notes"'],
      ['CREATE TABLE notes', 'create table "notes" ("text" text)'],
      ['INSERT notes', 'insert into "notes" ("text") values ($1)'],
      ['BEGIN', 'BEGIN;'],
      ['SELECT notes', 'select "text" from "notes" where "text" = $1'],
      ['COMMIT', 'COMMIT;'],
    ]);
  });

  it('makes children of the method that asks, and of the request behind a loader', async () => {
    const pool = new pg.Pool({ connectionString: url.href });
    @Injectable()
    class Orders {
      @Span('Orders.load')
      async load(id: number): Promise<unknown> {
        return (await pool.query('SELECT $1::int AS id', [id])).rows[0];
      }
    }
    const orders = new Orders();
    const loader = new DataLoader(async (ids: readonly number[]) => {
      const { rows } = await pool.query('SELECT unnest($1::int[]) AS id', [ids]);
      return rows;
    });
    const app = await startCallingApp(async () => {
      await Promise.all([orders.load(1), orders.load(2), loader.load(1), loader.load(2)]);
    });
    await app.get('/call');
    const request = await app.recorder.waitFor('GET /call');
    await pool.end();
    const spans = app.recorder.spans();
    const names = new Map(spans.map((span) => [span.spanContext().spanId, span.name]));
    const parents = spans
      .filter(({ kind }) => kind === 2)
      .map((span) => [span.attributes['db.query.text'], names.get(span.parentSpanContext?.spanId ?? '')]);
    expect([request.name, ...parents.sort()]).toEqual([
      'GET /call',
      ['SELECT $1::int AS id', 'Orders.load'],
      ['SELECT $1::int AS id', 'Orders.load'],
      ['SELECT unnest($1::int[]) AS id', 'GET /call'],
    ]);
  });

  it('keeps 200 concurrent requests apart, whoever gives the connection back', async () => {
    const pool = new pg.Pool({ connectionString: url.href, max: 5 });
    const app = await startCallingApp(async () => {
      await pool.query('SELECT pg_sleep(0.001)');
      await new Promise<void>((resolve) =>
        pool.query('SELECT 1 AS a', () => pool.query('SELECT 2 AS b', () => resolve())),
      );
    });
    await Promise.all(Array.from({ length: 200 }, () => app.get('/call')));
    const requestSpans = () => app.recorder.spans().filter(({ name }) => name === 'GET /call');
    await vi.waitFor(() => expect(requestSpans()).toHaveLength(200));
    await pool.end();
    const spans = app.recorder.spans();
    const texts = requestSpans().map((request) =>
      spans
        .filter(({ parentSpanContext }) => parentSpanContext?.spanId === request.spanContext().spanId)
        .map(({ attributes }) => attributes['db.query.text']),
    );
    expect(new Set(texts.map(String))).toEqual(new Set(['SELECT pg_sleep(?),SELECT ? AS a,SELECT ? AS b']));
  });
});
