import { loadedModules } from '../../tracing/instrumentation/loaded-modules.js';
import { guard } from '../channel.js';
import { beginCall, type ClientCall } from '../client-call.js';
import { whenSettled } from '../observed-promise.js';
import type { AnyFunction, Patches } from '../patches.js';
import { WrappedSource } from '../wrapped-source.js';
import { commandPlan, endDatabaseCall } from './database-call.js';
import { mongoText } from './mongodb-text.js';

/** A MongoDB command; its first field is the operation with its collection. */
type Command = Readonly<Record<string, unknown>>;

/** The members of a `MongoClient` that the library reads: its connections. */
interface Client {
  readonly topology?: {
    readonly s?: {
      readonly servers?: ReadonlyMap<string, { readonly monitor?: object; readonly pool?: object }>;
    };
  };
}

/** Commands that the driver sends for itself. */
const INTERNAL =
  /^(hello|ismaster|ping|sasl\w+|authenticate|endSessions|killCursors|buildInfo|getParameter)$/i;

/**
 * The `mongodb` driver, which sends every command through its class `Connection`. The class is not
 * exported, so it is found among loaded modules and behind connected clients.
 */
export const MONGODB: WrappedSource<'mongodb'> = new WrappedSource({
  name: 'mongodb',
  library: 'mongodb',
  classesOf: (exports) => {
    const { MongoClient } = exports as { readonly MongoClient?: unknown };
    const connections = loadedModules('mongodb/lib/cmap/connection.js').map(
      (module) => (module.exports as { readonly Connection?: unknown }).Connection,
    );
    return [MongoClient, ...connections];
  },
  classesBehind: (instance) => {
    const { startSession, db, getClient } = instance as Record<string, unknown>;
    if (typeof startSession !== 'function') return [];
    // A mongoose connection.
    if (typeof getClient === 'function') return classesOfClient(getClient.call(instance) as object);
    return typeof db === 'function' ? classesOfClient(instance) : [];
  },
  wrap: (patches, prototype) => {
    if ('topology' in prototype || 'startSession' in prototype) wrapConnect(patches, prototype);
    else patches.wrap(prototype, 'command', observe);
  },
});

function classesOfClient(client: Client): readonly unknown[] {
  const found: unknown[] = [client.constructor];
  for (const { monitor, pool } of client.topology?.s?.servers?.values() ?? []) {
    const { connection } = (monitor ?? {}) as { readonly connection?: object | null };
    const { connections } = (pool ?? {}) as { readonly connections?: Iterable<object> };
    for (const each of [connection, ...(connections ?? [])]) {
      if (typeof each === 'object' && each !== null && 'command' in each) found.push(each.constructor);
    }
  }
  return found;
}

function wrapConnect(patches: Patches, prototype: object): void {
  patches.wrap(
    prototype,
    'connect',
    (connect) =>
      function (...args) {
        return whenSettled(
          'mongodb',
          connect.apply(this, args),
          () => {
            MONGODB.adopt([this as object]);
          },
          () => undefined,
        );
      },
  );
}

function observe(command: AnyFunction): AnyFunction {
  return function (...args) {
    const [namespace, document, , last] = args;
    // The argument is a callback before version 6.5, and the reply's class since.
    const call =
      typeof last === 'function' && last.prototype === undefined
        ? undefined
        : guard('mongodb', () => begin(this as object, namespace as object, document as Command));
    if (call === undefined) return command.apply(this, args);
    return whenSettled(
      'mongodb',
      command.apply(this, args),
      (reply) => {
        endDatabaseCall(call, failureIn(reply), rowsOf(reply));
      },
      (error) => {
        endDatabaseCall(call, error ?? new Error('The command failed'));
      },
    );
  };
}

function begin(connection: object, namespace: object, command: Command): ClientCall | undefined {
  const [operation] = Object.keys(command);
  if (operation === undefined || INTERNAL.test(operation)) return undefined;
  return beginCall(MONGODB, ({ queryText }) => {
    const named = operation === 'getMore' ? command['collection'] : command[operation];
    const collection = typeof named === 'string' ? named : undefined;
    const { address } = connection as { readonly address?: unknown };
    const [, host, port] = /^(.*):(\d+)$/.exec(String(address)) ?? [];
    return commandPlan(
      {
        system: 'mongodb',
        namespace: (namespace as { readonly db?: string }).db,
        address: host ?? (typeof address === 'string' ? address : undefined),
        port: port === undefined ? undefined : Number(port),
      },
      {
        summary: collection === undefined ? operation : `${operation} ${collection}`,
        operation,
        collection,
        text: queryText === false ? undefined : mongoText(command),
      },
    );
  });
}

/** Returns the failure of a command that ran, but some of whose writes failed. */
function failureIn(reply: unknown): unknown {
  const unread = Object(reply) as { has?(name: string): boolean; toObject?(): object };
  const read = unread.has?.('writeErrors') === true ? unread.toObject?.() : unread;
  const { writeErrors } = (read ?? {}) as { readonly writeErrors?: unknown };
  if (!Array.isArray(writeErrors)) return undefined;
  const [first] = writeErrors as { readonly code?: unknown; readonly errmsg?: unknown }[];
  return first === undefined ? undefined : { code: first.code, message: first.errmsg };
}

/** Returns the number of documents in a reply, which may not be read yet. */
function rowsOf(reply: unknown): number | undefined {
  const { cursor, batchSize } = Object(reply) as {
    readonly cursor?: { readonly firstBatch?: unknown; readonly nextBatch?: unknown };
    readonly batchSize?: unknown;
  };
  if (typeof batchSize === 'number') return batchSize;
  const rows = cursor?.firstBatch ?? cursor?.nextBatch;
  return Array.isArray(rows) ? rows.length : undefined;
}
