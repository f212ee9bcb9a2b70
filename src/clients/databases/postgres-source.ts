import { activeContext, bindContext, type FlowContext } from '../../context/flow-context.js';
import { guard } from '../channel.js';
import { beginCall, type ClientCall } from '../client-call.js';
import { whenSettled } from '../observed-promise.js';
import type { AnyFunction, Patches } from '../patches.js';
import { WrappedSource } from '../wrapped-source.js';
import { endDatabaseCall, statementPlan } from './database-call.js';
import { postgresServer, PG_WAITS, wrapPool, type PostgresAddress } from './postgres-pool.js';
import { followTransaction, isInTransaction, markTransaction } from './transactions.js';

/** The members of a `pg` client that the library reads. */
interface PostgresClient extends PostgresAddress {
  /** The texts of prepared statements, by name. */
  readonly connection?: { readonly parsedStatements?: Readonly<Record<string, string>> };
}

interface PostgresResult {
  readonly command?: string;
  readonly rows?: readonly unknown[];
  readonly fields?: readonly unknown[];
}

/** The arguments of a query, in all forms that `pg` accepts. */
interface PostgresQuery {
  readonly name?: string;
  readonly text?: unknown;
  readonly values?: unknown;
  readonly callback?: unknown;
  /** Present if the query itself handles the server's messages: a cursor, a stream, COPY. */
  readonly submit?: unknown;
  readonly cursor?: { readonly text?: unknown; readonly values?: unknown };
}

const PG = { name: 'pg', library: 'postgres' } as const;

/** The source for `pg` and for libraries that use it: clients, pools, cursors, streams, COPY. */
export const POSTGRES = new WrappedSource({
  ...PG,
  classesOf: (exports) => {
    const { Client, Pool } = exports as Record<string, unknown>;
    return [Client, Pool];
  },
  classesBehind: (instance) => {
    const { query, Client, Pool, constructor, connectionParameters, totalCount } = instance as Record<
      string,
      unknown
    >;
    if (typeof Client === 'function' && isClient(Client.prototype)) {
      return [Client, typeof totalCount === 'number' ? constructor : Pool];
    }
    return typeof query === 'function' && connectionParameters instanceof Object ? [constructor] : [];
  },
  wrap: (patches, prototype) => {
    if (isClient(prototype)) wrapClient(patches, prototype);
    else wrapPool(patches, prototype);
  },
});

function isClient(prototype: unknown): boolean {
  return prototype instanceof Object && 'query' in prototype && 'escapeIdentifier' in prototype;
}

function wrapClient(patches: Patches, prototype: object): void {
  patches.wrap(prototype, 'query', (query) => {
    return function (...args) {
      const config = args[0] as string | PostgresQuery | null | undefined;
      if (config === undefined || config === null) return query.apply(this, args);
      const context = activeContext();
      const call = guard('pg', () => begin(this as PostgresClient, config, args[1]));
      return typeof config === 'object' && typeof config.submit === 'function'
        ? submit(query, this, args, config, call, context)
        : send(query, this as object, args, call, context);
    };
  });
}

function begin(
  client: PostgresClient,
  config: string | PostgresQuery,
  values: unknown,
): ClientCall | undefined {
  const call = beginCall(PG, (options) => {
    const query: PostgresQuery = typeof config === 'string' ? { text: config } : config;
    const prepared = client.connection?.parsedStatements?.[query.name ?? ''];
    const text = query.text ?? query.cursor?.text ?? prepared ?? '';
    const parameters = query.values ?? query.cursor?.values ?? values;
    return statementPlan(
      postgresServer(client),
      typeof text === 'string' ? text : '',
      'postgresql',
      options,
      parameters,
    );
  });
  if (call === undefined) return undefined;
  PG_WAITS.tell(call);
  markTransaction(call, isInTransaction(client));
  return call;
}

/** Sends a query whose result is delivered by callback or promise. */
function send(
  query: AnyFunction,
  client: object,
  args: unknown[],
  call: ClientCall | undefined,
  context: FlowContext,
): unknown {
  const ended = (error: unknown, result?: unknown): void => {
    guard('pg', () => {
      if (call !== undefined)
        end(client, call, error, result as PostgresResult | PostgresResult[] | undefined);
    });
  };
  const at = typeof args[1] === 'function' ? 1 : typeof args[2] === 'function' ? 2 : -1;
  const config = args[0] as PostgresQuery;
  const callback = at === -1 ? config.callback : args[at];
  if (typeof callback === 'function') {
    const bound = bindContext(context, callback as AnyFunction);
    const observed: AnyFunction = function (...results) {
      ended(results[0], results[1]);
      return bound.apply(this, results);
    };
    if (at !== -1) args[at] = observed;
    // The caller's object stays unchanged; it may have getters.
    else args[0] = Object.create(config, { callback: { value: observed, writable: true, enumerable: true } });
    return query.apply(client, args);
  }
  let result: unknown;
  try {
    result = query.apply(client, args);
  } catch (error) {
    ended(error);
    throw error;
  }
  if (call === undefined) return result;
  return whenSettled(
    'pg',
    result,
    (value) => {
      ended(undefined, value);
    },
    ended,
  );
}

/** The methods through which the client passes the server's messages to a query. */
const HANDLERS = [
  'handleRowDescription',
  'handleDataRow',
  'handlePortalSuspended',
  'handleCommandComplete',
  'handleEmptyQuery',
  'handleCopyInResponse',
  'handleCopyData',
  'handleError',
  'handleReadyForQuery',
];

/**
 * Sends a query that handles the server's messages itself. Its callbacks and events run in the caller's
 * context, whatever triggers them.
 */
function submit(
  query: AnyFunction,
  client: unknown,
  args: unknown[],
  submitted: object,
  call: ClientCall | undefined,
  context: FlowContext,
): unknown {
  let rows: number | undefined;
  for (const name of HANDLERS) {
    const original: unknown = Reflect.get(submitted, name);
    if (typeof original !== 'function') continue;
    const bound = bindContext(context, original as AnyFunction);
    const observed: AnyFunction = function (...message) {
      if (name === 'handleRowDescription') rows ??= 0;
      else if (name === 'handleDataRow') rows = (rows ?? 0) + 1;
      else if (call !== undefined && (name === 'handleError' || name === 'handleReadyForQuery')) {
        guard('pg', () => {
          endDatabaseCall(call, name === 'handleError' ? message[0] : undefined, rows);
        });
      }
      return bound.apply(this, message);
    };
    Reflect.set(submitted, name, observed);
  }
  return query.apply(client, args);
}

function end(
  client: object,
  call: ClientCall,
  error: unknown,
  result: PostgresResult | readonly PostgresResult[] | undefined,
): void {
  if (Array.isArray(result)) {
    // One text may contain several statements.
    const results = result as readonly PostgresResult[];
    for (const { command } of results) followTransaction(client, command, error);
    const counts = results.map(rowsOf).filter((count) => count !== undefined);
    endDatabaseCall(
      call,
      error,
      counts.length === 0 ? undefined : counts.reduce((sum, count) => sum + count),
    );
    return;
  }
  // `ROLLBACK TO` a savepoint also reports itself as `ROLLBACK`.
  followTransaction(client, call.text('db.operation.name'), error);
  endDatabaseCall(call, error, rowsOf(result as PostgresResult | undefined));
}

function rowsOf(result: PostgresResult | undefined): number | undefined {
  return Array.isArray(result?.rows) && (result.fields?.length ?? 0) > 0 ? result.rows.length : undefined;
}
