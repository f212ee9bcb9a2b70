import { once } from 'node:events';
import { createConnection, createPool, type Pool } from 'mysql2/promise';
import mysql from 'mysql2';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { SpanShape } from '../../support/span-shape.js';
import { callsDuring, startCallingApp } from '../calling-app.js';
import { poolFigures } from '../pool-figures.js';
import { withoutWaits } from '../waits.js';
import { statementSpan } from './statement-span.js';

const url = new URL(process.env['CLIENTS_MARIADB_URL']!);

const statement = statementSpan('mysql', 'test', url);

function failed(span: SpanShape, type: string, status: string, message: string): SpanShape {
  const attributes = { ...span.attributes, 'error.type': type, 'db.response.status_code': status };
  return { ...span, status: { code: 'ERROR', message }, attributes };
}

describe('mysql2', () => {
  let pool: Pool;

  beforeAll(async () => {
    pool = createPool({ uri: url.href, connectionLimit: 4 });
    await pool.query('CREATE TABLE orders (id int PRIMARY KEY, customer varchar(40) UNIQUE)');
    await pool.query(`INSERT INTO orders SELECT seq, concat('customer ', seq) FROM seq_1_to_500`);
  });
  afterAll(() => pool.end());

  it('records queries by promise and callback, prepared ones, and rows', async () => {
    const spans = await callsDuring(async () => {
      await pool.query(`SELECT * FROM orders WHERE customer = 'customer 7'`);
      await pool.query('SELECT id FROM orders WHERE id = ? OR customer = ?', [3, "it's a secret"]);
      await pool.execute('SELECT id FROM orders WHERE id < ?', [5]);
      await pool.execute('SELECT id FROM orders WHERE id < ?', [6]);
      await new Promise((resolve) => pool.pool.query('SELECT 1 AS one', resolve));
      await pool.query(`UPDATE orders SET customer = 'nobody' WHERE id = 1`);
    });
    const prepared = 'SELECT id FROM orders WHERE id < ?';
    expect(withoutWaits(spans)).toEqual([
      statement('SELECT orders', 'SELECT * FROM orders WHERE customer = ?', {
        'db.response.returned_rows': 1,
      }),
      statement('SELECT orders', 'SELECT id FROM orders WHERE id = ? OR customer = ?', {
        'db.response.returned_rows': 1,
      }),
      statement('SELECT orders', prepared, { 'db.response.returned_rows': 4 }),
      statement('SELECT orders', prepared, { 'db.response.returned_rows': 5 }),
      statement('SELECT', 'SELECT ? AS one', { 'db.response.returned_rows': 1 }),
      statement('UPDATE orders', 'UPDATE orders SET customer = ? WHERE id = ?'),
    ]);
  });

  it('marks what is done inside a transaction, by methods or statements, past savepoints, on its connection', async () => {
    const single = await createConnection(url.href);
    const spans = await callsDuring(async () => {
      const connection = await pool.getConnection();
      await connection.beginTransaction();
      await pool.query('SELECT 1');
      await connection.query('SAVEPOINT here');
      await connection.query('ROLLBACK TO SAVEPOINT here');
      await connection.execute('SELECT 2');
      await connection.rollback();
      await connection.query('BEGIN WORK');
      await connection.query('SELECT 3');
      await connection.query('ROLLBACK WORK');
      await connection.query('SELECT 4');
      connection.release();
      await single.beginTransaction();
      await single.query('SELECT 5');
      await single.commit();
      await single.query('SELECT 6');
    });
    await single.end();
    expect(spans.map(({ name, attributes }) => [name, attributes['nestjs.db.transaction']])).toEqual([
      ['START TRANSACTION', undefined],
      ['SELECT', undefined],
      ['SAVEPOINT', true],
      ['ROLLBACK TO', true],
      ['SELECT', true],
      ['ROLLBACK', true],
      ['BEGIN', undefined],
      ['SELECT', true],
      ['ROLLBACK WORK', true],
      ['SELECT', undefined],
      ['START TRANSACTION', undefined],
      ['SELECT', true],
      ['COMMIT', true],
      ['SELECT', undefined],
    ]);
  });

  it('measures pools while they are open', async () => {
    const small = createPool({ uri: url.href, connectionLimit: 2, maxIdle: 1 });
    let goOn = (): void => {};
    const waiting = new Promise<void>((resolve) => (goOn = resolve));
    const app = await startCallingApp(
      async () => {
        const connections = await Promise.all([small.getConnection(), small.getConnection()]);
        const third = small.query('SELECT 1');
        await waiting;
        for (const connection of connections) connection.release();
        await third;
      },
      { metrics: { readers: [{ type: 'prometheus' }] } },
    );
    const name = `${url.hostname}:${url.port}/test`;
    const figures = () => poolFigures(app, name);
    const answer = app.get('/call');
    await vi.waitFor(async () => expect(await figures()).toContainEqual(['pending_requests', 1]));
    expect(await figures()).toEqual([
      ['count idle', 0],
      ['count used', 2],
      ['idle_max', 1],
      ['max', 2],
      ['pending_requests', 1],
      ['timeouts_total', 0],
    ]);
    goOn();
    expect((await answer).status).toBe(200);
    expect(await figures()).toContainEqual(['count used', 0]);
    await small.end();
    expect(new Set((await figures()).map(([, value]) => value))).toEqual(new Set([0]));
  });

  it('reports errors by name and SQLSTATE, without the values that the server quotes', async () => {
    const spans = await callsDuring(async () => {
      await pool.query('SELECT * FROM nowhere').catch(() => {});
      await pool.query(`INSERT INTO orders VALUES (900, 'customer 7')`).catch(() => {});
      await pool.execute('SELECT wrong FROM orders').catch(() => {});
      await pool.query({ sql: 'SELECT SLEEP(0.2)', timeout: 20 }).catch(() => {});
    });
    const timeout = statement('SELECT', 'SELECT SLEEP(?)', { 'error.type': 'PROTOCOL_SEQUENCE_TIMEOUT' });
    expect(withoutWaits(spans)).toEqual([
      failed(
        statement('SELECT nowhere', 'SELECT * FROM nowhere'),
        'ER_NO_SUCH_TABLE',
        '42S02',
        `Table ? doesn't exist`,
      ),
      failed(
        statement('INSERT orders', 'INSERT INTO orders VALUES (?, ?)'),
        'ER_DUP_ENTRY',
        '23000',
        'Duplicate entry ?',
      ),
      failed(
        statement('SELECT orders', 'SELECT wrong FROM orders'),
        'ER_BAD_FIELD_ERROR',
        '42S22',
        `Unknown column 'wrong' in 'SELECT'`,
      ),
      { ...timeout, status: { code: 'ERROR', message: 'Query inactivity timeout' } },
    ]);
  });

  it('records streams until their end', async () => {
    const spans = await callsDuring(async () => {
      const connection = await pool.getConnection();
      const stream = (connection.connection as unknown as mysql.Connection)
        .query('SELECT id FROM orders')
        .stream();
      stream.resume();
      await once(stream, 'end');
      connection.release();
    });
    expect(withoutWaits(spans)).toEqual([statement('SELECT orders', 'SELECT id FROM orders')]);
  });

  it('reports how long a statement has waited for a connection, and pools that give none', async () => {
    const small = createPool({ uri: url.href, connectionLimit: 1 });
    const closed = createPool({ host: '127.0.0.1', port: 1 });
    const spans = await callsDuring(async () => {
      await small.query('SELECT 1');
      await Promise.all([small.query('SELECT SLEEP(0.05)'), small.query('SELECT 2')]);
      await closed.query('SELECT 3').catch(() => {});
    });
    await Promise.all([small.end(), closed.end()]);
    const waits = spans.map(({ attributes }) => Number(attributes['db.client.connection.wait_time'] ?? 0));
    expect(
      spans.map(({ name, attributes }, index) => [name, attributes['error.type'], waits[index]! > 0.04]),
    ).toEqual([
      ['SELECT', undefined, expect.anything()],
      ['SELECT', undefined, expect.anything()],
      ['SELECT', undefined, true],
      ['connect', 'ECONNREFUSED', expect.anything()],
    ]);
  });

  it('keeps 200 concurrent requests apart, whoever gives the connection back', async () => {
    const small = mysql.createPool({ uri: url.href, connectionLimit: 5 });
    const app = await startCallingApp(
      () =>
        new Promise<void>((resolve) => {
          small.query('SELECT 1 AS a', () => small.query('SELECT 2 AS b', () => resolve()));
        }),
    );
    await Promise.all(Array.from({ length: 200 }, () => app.get('/call')));
    const requestSpans = () => app.recorder.spans().filter(({ name }) => name === 'GET /call');
    await vi.waitFor(() => expect(requestSpans()).toHaveLength(200));
    await small.promise().end();
    const spans = app.recorder.spans();
    const texts = requestSpans().map((request) =>
      spans
        .filter(({ parentSpanContext }) => parentSpanContext?.spanId === request.spanContext().spanId)
        .map(({ attributes }) => attributes['db.query.text']),
    );
    expect(texts.map(String)).toEqual(Array.from({ length: 200 }, () => 'SELECT ? AS a,SELECT ? AS b'));
  });
});
