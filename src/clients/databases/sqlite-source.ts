import { guard } from '../channel.js';
import { beginCall, type ClientCall } from '../client-call.js';
import type { AnyFunction, Patches } from '../patches.js';
import { WrappedSource } from '../wrapped-source.js';
import { endDatabaseCall, statementPlan } from './database-call.js';
import { markTransaction } from './transactions.js';

interface SqliteDatabase {
  readonly name?: string;
  readonly inTransaction?: boolean;
}

interface SqliteStatement {
  readonly source?: string;
  readonly database?: SqliteDatabase;
}

interface DatabaseClass {
  new (file: string): { prepare(text: string): object; close(): void };
}

const SOURCE = { name: 'better-sqlite3', library: 'sqlite' } as const;

/** The source for `better-sqlite3`, whose calls end when they return. */
export const SQLITE = new WrappedSource({
  ...SOURCE,
  classesOf: (exports) => [exports],
  classesBehind: (instance) => {
    const { prepare, pragma, constructor } = instance as Record<string, unknown>;
    return typeof prepare === 'function' && typeof pragma === 'function' && 'inTransaction' in instance
      ? [constructor]
      : [];
  },
  wrap: (patches, prototype) => {
    const wrapStatement = (statement: unknown): void => {
      wrapStatements(patches, Object.getPrototypeOf(statement) as object);
    };
    patches.wrap(prototype, 'prepare', (prepare) => {
      return function (...args) {
        const statement = prepare.apply(this, args);
        guard(SOURCE.name, () => {
          wrapStatement(statement);
        });
        return statement;
      };
    });
    patches.wrap(prototype, 'exec', (exec) => {
      return function (...args) {
        return run(exec, this, args, String(args[0]), this as SqliteDatabase);
      };
    });
    // The class of statements is not exported, and the app may have prepared all of its statements already.
    const database = new (prototype.constructor as DatabaseClass)(':memory:');
    wrapStatement(database.prepare('SELECT 1'));
    database.close();
  },
});

function wrapStatements(patches: Patches, prototype: object): void {
  for (const name of ['run', 'get', 'all', 'iterate']) {
    patches.wrap(prototype, name, (method) => {
      return function (...args) {
        const { source = '', database = {} } = this as SqliteStatement;
        return run(method, this, args, source, database, name === 'get');
      };
    });
  }
}

function run(
  method: AnyFunction,
  target: unknown,
  args: unknown[],
  text: string,
  database: SqliteDatabase,
  isRow = false,
): unknown {
  const call = guard(SOURCE.name, () => begin(text, database, args));
  if (call === undefined) return method.apply(target, args);
  try {
    const result = method.apply(target, args);
    if (isRow) endDatabaseCall(call, undefined, result === undefined ? 0 : 1);
    else if (isIterator(result)) followIterator(result, call);
    else endDatabaseCall(call, undefined, Array.isArray(result) ? result.length : undefined);
    return result;
  } catch (error) {
    endDatabaseCall(call, error);
    throw error;
  }
}

function begin(
  text: string,
  { name, inTransaction }: SqliteDatabase,
  parameters: unknown[],
): ClientCall | undefined {
  const call = beginCall(SOURCE, (options) => {
    const [first] = parameters;
    const values = parameters.length === 1 && typeof first === 'object' ? first : parameters;
    return statementPlan({ system: 'sqlite', namespace: name }, text, 'sqlite', options, values);
  });
  if (call !== undefined) markTransaction(call, inTransaction === true);
  return call;
}

type Rows = Iterator<unknown> & { return?(value?: unknown): IteratorResult<unknown> };

function isIterator(value: unknown): value is Rows {
  return typeof (Object(value) as Partial<Rows>).next === 'function';
}

/** Ends the call of a loop over rows with the last row, or when the loop is left. */
function followIterator(rows: Rows, call: ClientCall): void {
  const next = rows.next.bind(rows);
  const leave = rows.return?.bind(rows);
  let count = 0;
  rows.next = () => {
    try {
      const step = next();
      if (step.done === true) endDatabaseCall(call, undefined, count);
      else count += 1;
      return step;
    } catch (error) {
      endDatabaseCall(call, error);
      throw error;
    }
  };
  if (leave === undefined) return;
  rows.return = (value) => {
    endDatabaseCall(call, undefined, count);
    return leave(value);
  };
}
