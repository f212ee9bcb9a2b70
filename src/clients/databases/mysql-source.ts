import { followTracing } from '../channel.js';
import { beginCall, type ClientCall } from '../client-call.js';
import type { ClientSource } from '../client-source.js';
import { endDatabaseCall, statementPlan } from './database-call.js';
import type { DatabaseServer } from './database-server.js';
import { PoolWaits } from './pool-wait.js';

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
    const waits = new PoolWaits(MYSQL2);
    const stops = [
      ...['mysql2:query', 'mysql2:execute'].map((channel) =>
        followTracing<MysqlStatement>({
          source: 'mysql2',
          channel,
          restores: true,
          begin: (message) => {
            const call = begin(message);
            if (call !== undefined) waits.tell(call);
            return call;
          },
          end: (call, { error, result }) => {
            endDatabaseCall(call, error, rowsOf(result));
          },
        }),
      ),
      waits.follow('mysql2:pool:connect', serverOf),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  },
};

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
