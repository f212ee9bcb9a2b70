import type { DatabaseClientsConfig } from '../../config/clients-config.js';
import { EMPTY_CONTEXT, bindChannel } from '../../context/flow-context.js';
import diagnostics from 'node:diagnostics_channel';
import { followTracing } from '../channel.js';
import { beginCall, type ClientCall } from '../client-call.js';
import type { ClientSource } from '../client-source.js';
import { commandPlan, endDatabaseCall, type DatabaseServer } from './database-call.js';

/** What both clients publish of a command; `args` are the keys, with values as `?`. */
interface RedisCommand {
  readonly command?: string;
  readonly args?: readonly unknown[];
  readonly batchMode?: string;
  readonly batchSize?: number;
  readonly database?: number;
  readonly serverAddress?: string;
  readonly serverPort?: number;
}

type RedisSource = ClientSource & { readonly library: 'redis' };

/** A client of Redis that publishes its commands on channels with that prefix. */
function redisSource(name: string, prefix: string): RedisSource {
  const source: RedisSource = {
    name,
    library: 'redis',
    start: () => {
      const stops = [
        followTracing<RedisCommand>({
          source: name,
          channel: `${prefix}:command`,
          begin: (message) => beginCommand(source, message),
          end: endCommand,
        }),
        followTracing<RedisCommand>({
          source: name,
          channel: `${prefix}:batch`,
          activates: true,
          begin: (message) => beginBatch({ name: `${name} batch`, library: 'redis' }, message),
          end: endCommand,
        }),
        keepConnectionsOutside(`${prefix}:connect`),
      ];
      return () => {
        for (const stop of stops) stop();
      };
    },
  };
  return source;
}

export const IOREDIS = redisSource('ioredis', 'ioredis');
export const NODE_REDIS = redisSource('redis', 'node-redis');

function beginCommand(source: RedisSource, message: RedisCommand): ClientCall | undefined {
  const { command = '', args = [] } = message;
  return beginCall(source, (options) => {
    const operation = command.toUpperCase();
    return commandPlan(serverOf(message), {
      summary: operation,
      operation,
      text: textOf(operation, args, options),
    });
  });
}

function beginBatch(
  source: { readonly name: string; readonly library: 'redis' },
  message: RedisCommand,
): ClientCall | undefined {
  const { batchMode = 'PIPELINE', batchSize } = message;
  return beginCall(source, () =>
    commandPlan(serverOf(message), { summary: batchMode, operation: batchMode, batchSize }),
  );
}

function endCommand(call: ClientCall, { error }: { readonly error?: unknown }): void {
  endDatabaseCall(call, error);
}

function textOf(
  operation: string,
  args: readonly unknown[],
  options: DatabaseClientsConfig,
): string | undefined {
  if (options.queryText !== true) return undefined;
  const rest = String(args[0]).toUpperCase() === operation ? args.slice(1) : args;
  return [operation, ...rest].map(String).join(' ').slice(0, 1000);
}

function serverOf({ database, serverAddress, serverPort }: RedisCommand): DatabaseServer {
  return {
    system: 'redis',
    namespace: database === undefined ? undefined : String(database),
    address: serverAddress,
    port: serverPort,
  };
}

/**
 * A connection serves every flow: what waits for it must not become the work of the one
 * that happened to open it.
 */
function keepConnectionsOutside(name: string): () => void {
  return bindChannel(diagnostics.tracingChannel(name).start, () => EMPTY_CONTEXT);
}
