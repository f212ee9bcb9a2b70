import { describe, expect, it } from 'vitest';
import { endDatabaseCall, statementPlan } from '../../src/clients/databases/database-call.js';
import type { ClientCall } from '../../src/clients/client-call.js';
import { readStatement } from '../../src/clients/databases/statement.js';
import type { SqlDialect } from '../../src/clients/databases/statement-scanner.js';
import { expectLinear } from '../support/expect-linear.js';
import { CANARY_STATEMENTS } from './canary-statements.js';
import { HOSTILE_STATEMENTS } from './hostile-statements.js';

const CANARY = /canary|900_?913|63616e617279/i;
const DIALECTS = ['postgresql', 'mysql', 'sqlite'] as const;

/** All that a span tells of a statement. */
function told(text: string, dialect: SqlDialect): string {
  return JSON.stringify(statementPlan({ system: dialect }, text, dialect, {}));
}

const STATEMENTS = DIALECTS.flatMap((dialect) =>
  [...CANARY_STATEMENTS.all, ...CANARY_STATEMENTS[dialect], ...HOSTILE_STATEMENTS[dialect]].map((text) => ({
    dialect,
    text,
  })),
);

function leaks(text: string, dialect: SqlDialect): boolean {
  return CANARY.test(told(text, dialect));
}

describe('literals of statements', () => {
  it('are in neither text nor summary nor name, in any of 500 statements', () => {
    expect(STATEMENTS.length).toBeGreaterThan(500);
    expect(STATEMENTS.filter(({ dialect, text }) => leaks(text, dialect))).toEqual([]);
  });

  it('stay out wherever a statement is cut off', () => {
    const cut = STATEMENTS.flatMap(({ dialect, text }) =>
      Array.from({ length: text.length }, (_, end) => ({ dialect, text: text.slice(0, end) })),
    );
    // A name that is quoted and never closed may be a string.
    expect(cut.filter(({ dialect, text }) => leaks(text, dialect))).toEqual([]);
  });

  it.each(DIALECTS)(
    'stay out of long statements, whose text is cut at 8,192 characters, in %s',
    (dialect) => {
      const long = [
        `SELECT '${'canary '.repeat(15_000)}'`,
        `INSERT INTO t VALUES ${"(900913, 'canary'), ".repeat(6_000)}(1)`,
        `SELECT * FROM t WHERE a IN (${"'canary', ".repeat(12_000)}1)`,
        `SELECT 1 /* ${'canary '.repeat(15_000)} */, 'canary'`,
        `SELECT ${'a, '.repeat(40_000)} 'canary'`,
        `SELECT '${'canary '.repeat(15_000)}`,
      ];
      expect(long.filter((text) => leaks(text, dialect))).toEqual([]);
      const lengths = long.map((text) => readStatement(text, dialect).text.length);
      expect(Math.max(...lengths)).toBeLessThanOrEqual(8192);
    },
  );

  it('are taken out in linear time', () => {
    const hostile = [
      "'",
      '"',
      '`',
      '[',
      '[a',
      '$',
      '$a$',
      '(',
      '/*',
      '--',
      '.',
      'a.',
      'IN (',
      "E'\\",
      'FROM a,',
      "'\\",
      "\\'",
      "'\\''",
      "E'a' ",
      '/*!',
      "/*!'",
      '(SELECT 1 FROM a,',
      'SET a=',
      '--\r',
    ];
    for (const dialect of DIALECTS) {
      for (const piece of hostile) {
        expectLinear((times) => readStatement(`SELECT ${piece.repeat(25_000 * times)}`, dialect));
      }
    }
  });
});

describe('summaries', () => {
  it.each([
    ['SELECT * FROM orders', 'SELECT orders'],
    ['select o.* from orders o', 'SELECT orders'],
    ['SELECT * FROM shop.orders AS o, items i WHERE o.id = i.id', 'SELECT shop.orders items'],
    ['SELECT * FROM a JOIN b ON a.id = b.id LEFT OUTER JOIN c USING (id)', 'SELECT a b c'],
    ['SELECT * FROM (SELECT * FROM inside) o', 'SELECT inside'],
    ['SELECT a FROM t1 UNION SELECT a FROM t2 EXCEPT SELECT a FROM t1', 'SELECT t1 t2'],
    ['SELECT count(*) FROM generate_series(1, 2)', 'SELECT'],
    ['SELECT extract(year FROM at) FROM orders', 'SELECT orders'],
    ['SELECT * FROM orders WHERE a IS NOT DISTINCT FROM b', 'SELECT orders'],
    ['SELECT * FROM orders FOR UPDATE SKIP LOCKED', 'SELECT orders'],
    ['INSERT INTO orders (id, name) VALUES (1, 2)', 'INSERT orders'],
    ['INSERT INTO orders SELECT * FROM old_orders', 'INSERT orders old_orders'],
    ['UPDATE orders SET a = 1', 'UPDATE orders'],
    ['UPDATE orders SET a = s.a FROM source s', 'UPDATE orders source'],
    ['DELETE FROM orders USING items WHERE true', 'DELETE orders'],
    ['WITH a AS (SELECT * FROM x), b AS (SELECT * FROM a) SELECT * FROM b JOIN y ON true', 'SELECT x y'],
    ['WITH RECURSIVE tree(id) AS (SELECT 1 UNION ALL SELECT id FROM tree) SELECT * FROM tree', 'SELECT'],
    ['WITH gone AS (DELETE FROM x RETURNING *) INSERT INTO y SELECT * FROM gone', 'INSERT x y'],
    ['CALL close_month(1)', 'CALL close_month'],
    ['BEGIN', 'BEGIN'],
    ['START TRANSACTION ISOLATION LEVEL SERIALIZABLE', 'START TRANSACTION'],
    ['COMMIT', 'COMMIT'],
    ['ROLLBACK', 'ROLLBACK'],
    ['SAVEPOINT here', 'SAVEPOINT'],
    ['TRUNCATE TABLE orders', 'TRUNCATE TABLE orders'],
    ['CREATE TABLE IF NOT EXISTS orders (id int)', 'CREATE TABLE orders'],
    ['DROP TABLE IF EXISTS orders', 'DROP TABLE orders'],
    ['ALTER TABLE orders ADD COLUMN a int', 'ALTER TABLE orders'],
    ['CREATE INDEX i ON orders (a)', 'CREATE INDEX'],
    ['COPY orders FROM STDIN', 'COPY orders'],
    ['MERGE INTO orders USING s ON true WHEN MATCHED THEN DO NOTHING', 'MERGE orders'],
    ['EXPLAIN SELECT * FROM orders', 'EXPLAIN orders'],
    ['SET search_path TO shop', 'SET'],
    ['SHOW TABLES', 'SHOW'],
    ['/* by: app */ SELECT 1', 'SELECT'],
    ['  \n', 'SQL'],
  ])('%s', (text, summary) => {
    expect(readStatement(text, 'postgresql').summary).toBe(summary);
  });

  it('have a bounded length, however long the words are', () => {
    const long = 'a'.repeat(100_000);
    const { operation, summary } = readStatement(`${long} FROM b`, 'mysql');
    const { collection } = readStatement(`SELECT 1 FROM b.${long}`, 'mysql');
    expect([operation, summary, collection].map((text) => text?.length)).toEqual([255, 255, 255]);
  });

  it('take values for what they are, also where they look like names', () => {
    expect(
      (
        [
          ['postgresql', 'SET search_path TO shop, public'],
          ['postgresql', 'SET app.user = jane; SELECT a = b FROM c'],
          ['mysql', 'SET @a = (SELECT b FROM c WHERE d = e), autocommit = ON'],
          ['sqlite', 'PRAGMA journal_mode = WAL'],
          ['sqlite', 'SELECT (SELECT x FROM a, b), f(c, "d"), [e] FROM g, "h"'],
        ] as const
      ).map(([dialect, text]) => readStatement(text, dialect)),
    ).toEqual([
      { text: 'SET search_path TO ?, ?', operation: 'SET', summary: 'SET' },
      { text: 'SET app.user = ?; SELECT a = b FROM c', operation: 'SET', summary: 'SET' },
      {
        text: 'SET @a = (SELECT b FROM c WHERE d = e), autocommit = ?',
        operation: 'SET',
        collection: 'c',
        summary: 'SET c',
      },
      { text: 'PRAGMA journal_mode = ?', operation: 'PRAGMA', summary: 'PRAGMA' },
      {
        text: 'SELECT (SELECT x FROM a, b), f(c, ?), [e] FROM g, "h"',
        operation: 'SELECT',
        summary: 'SELECT a b g h',
      },
    ]);
  });

  it('name quoted tables without their quotes', () => {
    expect(
      (
        [
          ['postgresql', 'SELECT * FROM "shop"."Orders" JOIN "items" ON true'],
          ['mysql', 'SELECT * FROM `shop`.`Orders` JOIN `items` ON true'],
          ['sqlite', 'SELECT * FROM [shop].[Orders] JOIN "items" ON true'],
        ] as const
      ).map(([dialect, text]) => readStatement(text, dialect).summary),
    ).toEqual(Array.from({ length: 3 }, () => 'SELECT shop.Orders items'));
  });

  it('tell collections of one table, procedures and nothing of several', () => {
    const attributes = (text: string) =>
      statementPlan({ system: 'postgresql' }, text, 'postgresql', {}).attributes;
    expect([
      attributes('SELECT * FROM a'),
      attributes('CALL p($1)'),
      attributes('SELECT * FROM a, b'),
    ]).toEqual([
      {
        'db.system.name': 'postgresql',
        'db.operation.name': 'SELECT',
        'db.collection.name': 'a',
        'db.query.summary': 'SELECT a',
        'db.query.text': 'SELECT * FROM a',
      },
      {
        'db.system.name': 'postgresql',
        'db.operation.name': 'CALL',
        'db.stored_procedure.name': 'p',
        'db.query.summary': 'CALL p',
        'db.query.text': 'CALL p($1)',
      },
      {
        'db.system.name': 'postgresql',
        'db.operation.name': 'SELECT',
        'db.query.summary': 'SELECT a b',
        'db.query.text': 'SELECT * FROM a, b',
      },
    ]);
  });
});

describe('statements that come again', () => {
  const TEXT = 'SELECT a FROM orders WHERE b = $1';

  it('have the server that each goes to, and the parameters of none before', () => {
    const planned = (namespace: string, options: object, parameters?: unknown[]) => {
      const { attributes } = statementPlan(
        { system: 'mysql', namespace },
        TEXT,
        'mysql',
        options,
        parameters,
      );
      const { 'db.namespace': name, 'db.query.text': text, 'db.query.parameter.0': parameter } = attributes;
      return [name, text, parameter];
    };
    expect([
      planned('one', {}),
      planned('two', { parameters: true }, ['x']),
      planned('two', { parameters: true }, ['y']),
      planned('two', { queryText: false }),
      planned('one', {}),
    ]).toEqual([
      ['one', TEXT, undefined],
      ['two', TEXT, 'x'],
      ['two', TEXT, 'y'],
      ['two', undefined, undefined],
      ['one', TEXT, undefined],
    ]);
  });
});

describe('messages of databases', () => {
  function messageOf(message: string, text: string): string | undefined {
    let told: string | undefined;
    const call = {
      text: () => text,
      set: () => undefined,
      end: (failure: { message?: string }) => (told = failure.message),
    };
    endDatabaseCall(call as unknown as ClientCall, new Error(message));
    return told;
  }

  it.each([
    ['relation "orders" does not exist', 'relation "orders" does not exist'],
    ["Table 'orders' doesn't exist", "Table 'orders' doesn't exist"],
    ['column "a" of relation "orders" does not exist', 'column "a" of relation "orders" does not exist'],
    [`invalid input syntax for type integer: "canary"`, 'invalid input syntax for type integer: ?'],
    [`invalid input: "it's "a canary" or "two"`, 'invalid input: ?'],
    [`invalid input: "O'Canary"`, 'invalid input: ?'],
    [`invalid input: "line\ncanary"`, 'invalid input: ?'],
    [`invalid input: "canary`, 'invalid input: ?'],
    [`Duplicate entry 'canary' for key 'orders'`, 'Duplicate entry ?'],
    [`near 'canary' at line 12`, 'near ? at line ?'],
    [`Duplicate entry 'order' for key 'orders'`, 'Duplicate entry ?'],
    ['no such column: canary', 'no such column: ?'],
    ['no such column: a', 'no such column: a'],
    ['value 900913 is out of range', 'value ? is out of range'],
  ])('%s', (message, expected) => {
    expect(messageOf(message, 'SELECT a FROM orders')).toBe(expected);
  });
});
