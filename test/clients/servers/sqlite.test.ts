import { createRequire } from 'node:module';
import { join } from 'node:path';
import { DataSource, EntitySchema } from 'typeorm';
import { describe, expect, it, onTestFinished } from 'vitest';
import { PLAIN_SPAN, type SpanShape } from '../../support/span-shape.js';
import { callsDuring, startCallingApp } from '../calling-app.js';

interface Statement {
  run(...values: unknown[]): unknown;
  get(...values: unknown[]): unknown;
  all(...values: unknown[]): unknown[];
  iterate(...values: unknown[]): Iterable<unknown>;
}

interface Database {
  prepare(text: string): Statement;
  exec(text: string): unknown;
  pragma(text: string): unknown;
  transaction<T>(work: () => T): () => T;
  close(): void;
}

const require = createRequire(join(process.env['CLIENTS_SQLITE_URL']!, 'index.js'));
const DatabaseClass = require('better-sqlite3') as new (file: string) => Database;

function openDatabase(): Database {
  const database = new DatabaseClass(':memory:');
  onTestFinished(() => database.close());
  database.exec('CREATE TABLE orders (id integer PRIMARY KEY, customer text UNIQUE)');
  for (let id = 1; id <= 30; id += 1) database.exec(`INSERT INTO orders VALUES (${id}, 'customer ${id}')`);
  return database;
}

function statement(summary: string, text: string, attributes: SpanShape['attributes'] = {}): SpanShape {
  const [operation = '', collection] = summary.split(' ');
  return {
    ...PLAIN_SPAN,
    name: summary,
    kind: 'CLIENT',
    attributes: {
      'db.system.name': 'sqlite',
      'db.namespace': ':memory:',
      'db.operation.name': operation,
      ...(collection !== undefined && { 'db.collection.name': collection }),
      'db.query.summary': summary,
      'db.query.text': text,
      ...attributes,
    },
  };
}

describe('better-sqlite3', () => {
  it('records statements, also those that were prepared before, with the rows that were read', async () => {
    const database = openDatabase();
    const earlier = database.prepare('SELECT * FROM orders WHERE id = ?');
    const spans = await callsDuring(() => {
      earlier.get(7);
      earlier.get(700);
      database.prepare(`SELECT * FROM orders WHERE customer > 'customer 9' OR id < 3`).all();
      database.prepare('UPDATE orders SET customer = ? WHERE id = ?').run('nobody', 1);
      database.exec(`DELETE FROM orders WHERE customer = 'nobody'`);
      Array.from(database.prepare('SELECT id FROM orders').iterate());
      for (const _row of database.prepare('SELECT id FROM orders').iterate()) break;
    });
    const rows = (count: number): SpanShape['attributes'] => ({ 'db.response.returned_rows': count });
    const byId = 'SELECT * FROM orders WHERE id = ?';
    expect(spans).toEqual([
      statement('SELECT orders', byId, rows(1)),
      statement('SELECT orders', byId, rows(0)),
      statement('SELECT orders', 'SELECT * FROM orders WHERE customer > ? OR id < ?', rows(2)),
      statement('UPDATE orders', 'UPDATE orders SET customer = ? WHERE id = ?'),
      statement('DELETE orders', 'DELETE FROM orders WHERE customer = ?'),
      statement('SELECT orders', 'SELECT id FROM orders', rows(29)),
      statement('SELECT orders', 'SELECT id FROM orders', rows(1)),
    ]);
  });

  it('marks what is done inside a transaction', async () => {
    const database = openDatabase();
    const spans = await callsDuring(database.transaction(() => database.prepare('SELECT 1').get()));
    expect(spans.map(({ name, attributes }) => [name, attributes['nestjs.db.transaction']])).toEqual([
      ['BEGIN', undefined],
      ['SELECT', true],
      ['COMMIT', true],
    ]);
  });

  it('marks what is done after a savepoint, released or rolled back to, and after a failed transaction', async () => {
    const database = openDatabase();
    const select = database.prepare('SELECT 1');
    const inner = database.transaction(() => select.get());
    const failing = database.transaction(() => {
      select.get();
      throw new Error('no');
    });
    const spans = await callsDuring(() => {
      database.transaction(() => {
        inner();
        expect(failing).toThrow('no');
        for (const text of ['SAVEPOINT here', 'ROLLBACK TO here', 'RELEASE here']) database.exec(text);
        select.get();
      })();
      expect(failing).toThrow('no');
      select.get();
    });
    expect(spans.map(({ name, attributes }) => [name, attributes['nestjs.db.transaction']])).toEqual([
      ['BEGIN', undefined],
      ['SAVEPOINT', true],
      ['SELECT', true],
      ['RELEASE', true],
      ['SAVEPOINT', true],
      ['SELECT', true],
      ['ROLLBACK TO', true],
      ['RELEASE', true],
      ['SAVEPOINT', true],
      ['ROLLBACK TO', true],
      ['RELEASE', true],
      ['SELECT', true],
      ['COMMIT', true],
      ['BEGIN', undefined],
      ['SELECT', true],
      ['ROLLBACK', true],
      ['SELECT', undefined],
    ]);
  });

  it('reports errors by their code, without values, and throws them', async () => {
    const database = openDatabase();
    const insert = database.prepare('INSERT INTO orders VALUES (1, ?)');
    const thrown: unknown[] = [];
    const spans = await callsDuring(() => {
      try {
        insert.run('secret');
      } catch (error) {
        thrown.push((error as { code: string }).code);
      }
    });
    const code = 'SQLITE_CONSTRAINT_PRIMARYKEY';
    const span = statement('INSERT orders', 'INSERT INTO orders VALUES (?, ?)', {
      'db.response.status_code': code,
      'error.type': code,
    });
    expect([thrown, spans]).toEqual([
      [code],
      [{ ...span, status: { code: 'ERROR', message: 'UNIQUE constraint failed: orders.id' } }],
    ]);
  });

  it('makes one span per operation of TypeORM', async () => {
    const entity = new EntitySchema<{ id: number; name: string }>({
      name: 'Item',
      columns: { id: { type: Number, primary: true }, name: { type: String } },
    });
    const source = new DataSource({
      type: 'better-sqlite3',
      database: ':memory:',
      driver: DatabaseClass,
      entities: [entity],
      synchronize: true,
    });
    await source.initialize();
    onTestFinished(() => source.destroy());
    const items = source.getRepository(entity);
    const spans = await callsDuring(async () => {
      await items.insert({ id: 1, name: 'secret' });
      await items.findBy({ name: 'secret' });
    });
    expect(spans.map(({ name, attributes }) => [name, attributes['db.response.returned_rows']])).toEqual([
      ['INSERT item', undefined],
      ['SELECT item', 1],
    ]);
  });

  it('has the functions of the library as they were once nobody records', async () => {
    const database = openDatabase();
    const prototypes = [DatabaseClass.prototype, Object.getPrototypeOf(database.prepare('SELECT 1'))];
    const functions = () => prototypes.map((prototype) => Object.getOwnPropertyDescriptors(prototype));
    const original = functions();
    const app = await startCallingApp(() => database.prepare('SELECT 1').get());
    expect(functions()).not.toEqual(original);
    await app.close();
    expect(functions()).toEqual(original);
  });
});
