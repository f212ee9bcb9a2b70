import { Controller, Get, Inject, Injectable } from '@nestjs/common';
import knexFactory from 'knex';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Span, TracerManager } from '../../src/index.js';
import { ALL_SERVERS } from '../support/server-kinds.js';
import { startApp } from '../support/test-app.js';

type Callback = (value: unknown) => unknown;
type Run = () => Promise<unknown>;

/** Begins when `then` is called, as those of Drizzle do. */
class LazyQuery {
  constructor(private readonly run: Run) {}

  then(fulfilled?: Callback, rejected?: Callback): Promise<unknown> {
    return this.run().then(fulfilled, rejected);
  }
}

/** Begins when `exec` or `then` is called, as those of Mongoose do. */
class ExecQuery {
  constructor(private readonly run: Run) {}

  async exec(): Promise<unknown> {
    return this.run();
  }

  then(fulfilled?: Callback, rejected?: Callback): Promise<unknown> {
    return this.exec().then(fulfilled, rejected);
  }
}

/** A plain object that is a promise by its tag, as those of Prisma are. */
function taggedQuery(run: Run): object {
  return {
    [Symbol.toStringTag]: 'PrismaPromise',
    then: (fulfilled?: Callback, rejected?: Callback) => run().then(fulfilled, rejected),
    catch: (rejected?: Callback) => run().catch(rejected),
    finally: (callback?: () => void) => run().finally(callback),
  };
}

const REFUSING: ProxyHandler<object> = { defineProperty: () => false };

/** Whether the query's spans can be children of the method's: not where the object takes no other `then`. */
const QUERIES: [string, boolean, (run: Run) => object][] = [
  ['lazy', true, (run) => new LazyQuery(run)],
  ['with exec', true, (run) => new ExecQuery(run)],
  ['plain', true, taggedQuery],
  ['proxied', true, (run) => new Proxy(new LazyQuery(run), {})],
  ['frozen', false, (run) => Object.freeze(new LazyQuery(run))],
  ['frozen and plain', false, (run) => Object.freeze(taggedQuery(run))],
  ['sealed', false, (run) => Object.seal(new ExecQuery(run))],
  ['behind a proxy that refuses', false, (run) => new Proxy(new LazyQuery(run), REFUSING)],
];

describe.each(QUERIES)('a query that is %s', (_name, takesThen, make) => {
  it('is handed through, runs once, and runs in the span of its method where the object allows it', async () => {
    const { app, recorder } = await startApp({});
    const manager = app.get(TracerManager);
    let runs = 0;
    const query = make(() => manager.withSpan('SELECT', async () => (runs += 1)));
    expect([manager.withSpan('find', () => query) === query, runs]).toEqual([true, 0]);
    expect([await (query as PromiseLike<unknown>), runs]).toEqual([1, 1]);
    const select = { name: 'SELECT', children: [] };
    expect(recorder.tree()).toEqual(
      takesThen ? [{ name: 'find', children: [select] }] : [{ name: 'find', children: [] }, select],
    );
  });

  it('rejects as it did', async () => {
    const { app, recorder } = await startApp({});
    const error = new Error('no table');
    const query = make(async () => Promise.reject(error));
    const returned = app.get(TracerManager).withSpan('find', () => query);
    await expect(returned).rejects.toBe(error);
    expect(recorder.span('find').status).toEqual(takesThen ? { code: 2, message: 'no table' } : { code: 0 });
  });
});

describe.each(ALL_SERVERS)('on $name', (server) => {
  it('the span of a query that nobody asks for ends with its request, and the query does not run', async () => {
    let runs = 0;
    const queries: object[] = [];
    @Injectable()
    class Users {
      @Span()
      find(): object {
        return new LazyQuery(async () => (runs += 1));
      }
    }
    @Controller()
    class UsersController {
      constructor(@Inject(Users) private readonly users: Users) {}

      @Get('users')
      list(): string {
        queries.push(this.users.find());
        return `open ${recorder.spans().length}`;
      }
    }
    const app = await startApp({ server, controllers: [UsersController], providers: [Users] });
    const { recorder } = app;
    expect((await app.get('/users')).body).toBe('open 0');
    const find = await recorder.waitFor('Users.find');
    await recorder.waitFor('GET /users');
    expect([recorder.tree(), find.status.code, runs, queries.length]).toEqual([
      [{ name: 'GET /users', children: [{ name: 'Users.find', children: [] }] }],
      0,
      0,
      1,
    ]);
  });
});

it('a failing query of Knex ends the span of its method with its error', async () => {
  const knex = knexFactory({
    client: 'pg',
    connection: { host: '127.0.0.1', port: 1 },
    pool: { min: 0, max: 1 },
    log: { warn: () => undefined },
  });
  onTestFinished(() => knex.destroy());
  @Injectable()
  class Orders {
    @Span()
    open() {
      return knex('orders').where({ state: 'open' });
    }
  }
  const { app, recorder } = await startApp({ providers: [Orders] });
  await expect(app.get(Orders).open().limit(3)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  expect(recorder.spans().map(({ name, status }) => [name, status.code])).toEqual([['Orders.open', 2]]);
});
