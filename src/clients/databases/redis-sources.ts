import diagnostics from 'node:diagnostics_channel';
import type { DatabaseClientsConfig } from '../../config/clients-config.js';
import { bindChannel, EMPTY_CONTEXT, type FlowContext } from '../../context/flow-context.js';
import { followTracing, together } from '../channel.js';
import { beginCall, type ClientCall } from '../client-call.js';
import type { ClientSource } from '../client-source.js';
import { commandPlan, endDatabaseCall } from './database-call.js';
import type { DatabaseServer } from './database-server.js';
import { KnownPlans } from './known-plans.js';
import { watchIoredisCommands, type IoredisClient } from './ioredis-commands.js';
import { redisText } from './redis-text.js';

/** A command, as both clients publish it. */
interface RedisCommand {
  readonly command?: string;
  /** The arguments, some of which the client has hidden. */
  readonly args?: readonly unknown[];
  readonly batchMode?: string;
  readonly batchSize?: number;
  readonly database?: number | undefined;
  readonly serverAddress?: string | undefined;
  readonly serverPort?: number | undefined;
}

type RedisSource = ClientSource & { readonly library: 'redis' };

/** Observes the channels of a Redis client, whose names have the given prefix. */
function followRedis(name: string, prefix: string): () => void {
  return together([
    followTracing<RedisCommand>({
      source: name,
      channel: `${prefix}:command`,
      begin: (message) => beginCommand(name, message),
      end: endCommand,
    }),
    followTracing<RedisCommand>({
      source: name,
      channel: `${prefix}:batch`,
      inside: ({ context }) => context,
      begin: (message) => beginBatch(name, message),
      end: endCommand,
    }),
    // A connection serves all flows; its waiting work must not belong to the flow that opened it.
    bindChannel(diagnostics.tracingChannel(`${prefix}:connect`).start, () => EMPTY_CONTEXT),
  ]);
}

const IOREDIS_COMMANDS = watchIoredisCommands({
  begin: (client, { name, args }, context) =>
    beginCommand('ioredis', { command: name, args: args ?? [], ...serverOfClient(client) }, context),
  end: endCommand,
});

/** The source for `ioredis`: its channels, and the queues in front of them. */
export const IOREDIS: RedisSource = {
  name: 'ioredis',
  library: 'redis',
  start: () => together([followRedis('ioredis', 'ioredis'), IOREDIS_COMMANDS.start()]),
  adopt: (instances) => {
    IOREDIS_COMMANDS.adopt(instances);
  },
};

/** The source for `redis` and `@redis/client`, which publish a command when it is called. */
export const NODE_REDIS: RedisSource = {
  name: 'redis',
  library: 'redis',
  start: () => followRedis('redis', 'node-redis'),
};

const COMMANDS = new KnownPlans(
  (command) => command.toUpperCase(),
  (server, operation) => commandPlan(server, { summary: operation, operation }),
);

function beginCommand(name: string, message: RedisCommand, context?: FlowContext): ClientCall | undefined {
  const { command = '', args = [] } = message;
  return beginCall(
    { name, library: 'redis' },
    (options: DatabaseClientsConfig) => {
      const plan = COMMANDS.of(serverOf(message), command);
      if (options.queryText !== true) return plan;
      const attributes = { ...plan.attributes, 'db.query.text': redisText(plan.name, args) };
      return { ...plan, attributes };
    },
    context,
  );
}

function beginBatch(name: string, message: RedisCommand): ClientCall | undefined {
  const { batchMode = 'PIPELINE', batchSize } = message;
  return beginCall({ name: `${name} batch`, library: 'redis' }, (options: DatabaseClientsConfig) =>
    commandPlan(serverOf(message), {
      summary: batchMode,
      operation: batchMode,
      batchSize,
      text: options.queryText === true ? batchMode : undefined,
    }),
  );
}

function endCommand(call: ClientCall, { error }: { readonly error?: unknown }): void {
  endDatabaseCall(call, error);
}

function serverOf({ database, serverAddress, serverPort }: RedisCommand): DatabaseServer {
  return {
    system: 'redis',
    namespace: database === undefined ? undefined : String(database),
    address: serverAddress,
    port: serverPort,
  };
}

/** Returns the server of an ioredis client; for a cluster it is only known when a command is sent. */
function serverOfClient({ options = {} }: IoredisClient): Partial<RedisCommand> {
  const { path, host, port, db } = options;
  if (path !== undefined) return { serverAddress: path, database: db };
  return { serverAddress: host, serverPort: host === undefined ? undefined : port, database: db };
}
