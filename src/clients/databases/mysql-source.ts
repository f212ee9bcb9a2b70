import { loadedModules } from '../../tracing/instrumentation/loaded-modules.js';
import { followTracing, together } from '../channel.js';
import { beginCall, type ClientCall } from '../client-call.js';
import type { ClientSource } from '../client-source.js';
import { ownerOf, Patches } from '../patches.js';
import { endDatabaseCall, statementPlan } from './database-call.js';
import type { DatabaseServer } from './database-server.js';
import type { PoolFigures } from './pool-metrics.js';
import { PoolWaits } from './pool-wait.js';
import { followTransaction, isInTransaction, markTransaction } from './transactions.js';

/** A statement that mysql2 publishes; in `query` its values are already inserted. */
interface MysqlStatement {
  readonly query?: string | { readonly sql?: string };
  readonly values?: unknown;
  readonly database?: string;
  readonly serverAddress?: string;
  readonly serverPort?: number;
}

/** The source for `mysql2` and `mysql2/promise`. */
export const MYSQL2: ClientSource & { readonly library: 'mysql' } = {
  name: 'mysql2',
  library: 'mysql',
  start: () => {
    const patches = new Patches();
    const waits = new PoolWaits<MysqlPool>(MYSQL2, figuresOf);
    for (const { exports } of loadedModules('mysql2')) {
      const { Connection } = Object(exports) as { readonly Connection?: { readonly prototype?: object } };
      followSenders(patches, Connection?.prototype);
    }
    return together([
      ...['mysql2:query', 'mysql2:execute'].map((channel) =>
        followTracing<MysqlStatement>({
          source: 'mysql2',
          channel,
          restores: true,
          begin: (message) => {
            const call = begin(message);
            if (call === undefined) return undefined;
            waits.tell(call);
            if (sender !== undefined) {
              senders.set(call, sender);
              markTransaction(call, isInTransaction(sender));
            }
            return call;
          },
          end: (call, { error, result }) => {
            const connection = senders.get(call);
            if (connection !== undefined)
              followTransaction(connection, call.text('db.operation.name'), error);
            endDatabaseCall(call, error, rowsOf(result));
          },
        }),
      ),
      waits.follow('mysql2:pool:connect', serverOf, (connection) => {
        followSenders(patches, connection);
        return (Object(connection) as { readonly _pool?: MysqlPool })._pool;
      }),
      patches.restore,
    ]);
  },
};

/** The members of a pool that the library reads. */
interface MysqlPool {
  readonly config?: { readonly connectionLimit?: number; readonly maxIdle?: number };
  readonly _closed?: boolean;
  readonly _allConnections?: { readonly length: number };
  readonly _freeConnections?: { readonly length: number };
  readonly _connectionQueue?: { readonly length: number };
}

function figuresOf(pool: MysqlPool): PoolFigures | undefined {
  const { _allConnections: all, _freeConnections: free, _connectionQueue: queue, config, _closed } = pool;
  if (_closed === true || all === undefined || free === undefined) return undefined;
  const { connectionLimit: max, maxIdle: idleMax } = config ?? {};
  return { used: all.length - free.length, idle: free.length, pending: queue?.length, max, idleMax };
}

/** The connection that sends a statement; it is not published with the statement. */
let sender: object | undefined;
const senders = new WeakMap<ClientCall, object>();

/** Notes which connection sends, in the class of connections, which the module or a pool shows. */
function followSenders(patches: Patches, connection: unknown): void {
  for (const name of ['query', 'execute']) {
    patches.wrap(ownerOf(connection, name), name, (send) => {
      return function (...args) {
        const outer = sender;
        sender = this as object;
        try {
          return send.apply(this, args);
        } finally {
          sender = outer;
        }
      };
    });
  }
}

function begin(message: MysqlStatement): ClientCall | undefined {
  const { query, values } = message;
  return beginCall(MYSQL2, (options) =>
    statementPlan(
      serverOf(message),
      typeof query === 'string' ? query : (query?.sql ?? ''),
      'mysql',
      options,
      values,
    ),
  );
}

function serverOf({ database, serverAddress, serverPort }: MysqlStatement): DatabaseServer {
  return { system: 'mysql', namespace: database, address: serverAddress, port: serverPort };
}

function rowsOf(result: unknown): number | undefined {
  const rows: unknown = Array.isArray(result) && Array.isArray(result[0]) ? result[0] : result;
  return Array.isArray(rows) ? rows.length : undefined;
}
