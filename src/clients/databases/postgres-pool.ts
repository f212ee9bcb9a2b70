import { activeContext, bindContext } from '../../context/flow-context.js';
import { guard } from '../channel.js';
import { whenSettled } from '../observed-promise.js';
import { ownerOf, type AnyFunction, type Patches } from '../patches.js';
import type { DatabaseServer } from './database-server.js';
import type { PoolFigures } from './pool-metrics.js';
import { PoolWaits } from './pool-wait.js';

/** The address of a server, as clients of `pg` name it. */
export interface PostgresAddress {
  readonly host?: string;
  readonly port?: number;
  readonly database?: string;
}

interface PoolOptions extends PostgresAddress {
  readonly connectionString?: unknown;
  readonly max?: number;
  readonly min?: number;
}

interface PostgresPool {
  readonly options?: PoolOptions;
  readonly totalCount?: number;
  readonly idleCount?: number;
  readonly waitingCount?: number;
  readonly ending?: boolean;
}

/** The waits for connections of `pg`. */
export const PG_WAITS = new PoolWaits<PostgresPool>({ name: 'pg', library: 'postgres' }, figuresOf);

function figuresOf(pool: PostgresPool): PoolFigures | undefined {
  const { totalCount = 0, idleCount: idle = 0, waitingCount: pending, options, ending } = pool;
  if (ending === true) return undefined;
  const { max, min } = options ?? {};
  return { used: totalCount - idle, idle, pending, max, idleMax: max, idleMin: min };
}

/** Wraps `connect` of pools, which hands out connections. */
export function wrapPool(patches: Patches, prototype: object): void {
  // `pg.Pool` only passes its options to the class that has the methods.
  patches.wrap(ownerOf(prototype, 'connect'), 'connect', (connect) => {
    return function (...args) {
      const context = activeContext();
      const end = PG_WAITS.begin(serverOfPool(this as PostgresPool), this as PostgresPool);
      const [callback] = args;
      if (typeof callback === 'function') {
        // A connection that another request releases calls back in that request's context.
        const bound = bindContext(context, callback as AnyFunction);
        return connect.call(this, function (this: unknown, ...results: unknown[]) {
          guard('pg', () => {
            end(results[0]);
          });
          return bound.apply(this, results);
        });
      }
      return whenSettled(
        'pg',
        connect.apply(this, args),
        () => {
          end();
        },
        end,
      );
    };
  });
}

const NO_OPTIONS: PoolOptions = {};
const servers = new WeakMap<PoolOptions, DatabaseServer>();

/** Returns the server of a pool, as far as its options name it. */
function serverOfPool({ options = NO_OPTIONS }: PostgresPool): DatabaseServer {
  let server = servers.get(options);
  if (server === undefined) servers.set(options, (server = serverOfOptions(options)));
  return server;
}

function serverOfOptions(options: PoolOptions): DatabaseServer {
  const { connectionString } = options;
  if (typeof connectionString !== 'string' || !URL.canParse(connectionString)) return postgresServer(options);
  const { hostname, port, pathname } = new URL(connectionString);
  return postgresServer({
    host: hostname,
    database: pathname.slice(1),
    ...(port !== '' && { port: Number(port) }),
  });
}

/** Returns the server of a client, or of a pool's options. */
export function postgresServer({ host, port, database }: PostgresAddress): DatabaseServer {
  return { system: 'postgresql', namespace: database, address: host, port };
}
