import { activeContext, runInContext, type FlowContext } from '../../context/flow-context.js';
import { guard } from '../channel.js';
import { isPartOf, type ClientCall } from '../client-call.js';
import { ownerOf, type AnyFunction, type Patches } from '../patches.js';
import { WrappedSource } from '../wrapped-source.js';

/** The members of an ioredis command that the library reads. */
export interface IoredisCommand {
  readonly name: string;
  readonly args?: readonly unknown[];
  readonly promise: Promise<unknown>;
  /** Whether the command was published when it was sent; absent before version 5.11. */
  readonly isTraced?: boolean;
}

/** The members of an ioredis client that the library reads. */
export interface IoredisClient {
  readonly options?: {
    readonly host?: string;
    readonly port?: number;
    readonly path?: string;
    readonly db?: number;
  };
}

/** Begins and ends the calls of waiting commands. */
export interface WaitingCommands {
  begin(client: IoredisClient, command: IoredisCommand, context: FlowContext): ClientCall | undefined;
  end(call: ClientCall, outcome: { readonly error?: unknown }): void;
}

/**
 * Watches commands at the client's entry. ioredis publishes a command only when it is written to the
 * connection; commands that waited for the connection or for an automatic pipeline are then in another
 * flow.
 */
export function watchIoredisCommands(waiting: WaitingCommands): WrappedSource<'redis'> {
  const contexts = new WeakMap<object, FlowContext>();

  const observeQueue = (queue: AnyFunction): AnyFunction =>
    function (...args) {
      contexts.set(args[0] as object, activeContext());
      return queue.apply(this, args);
    };

  const observeSend = (send: AnyFunction): AnyFunction =>
    function (...args) {
      const [given] = args;
      const command = given as IoredisCommand;
      const active = activeContext();
      const caller = isPartOf(active, 'ioredis') ? active : (contexts.get(command) ?? active);
      const promise =
        caller === active ? send.apply(this, args) : runInContext(caller, () => send.apply(this, args));
      // The command was published, or its version publishes none. Other commands wait, or have failed.
      if (command.isTraced !== false) return promise;
      if (isPartOf(caller, 'ioredis')) {
        contexts.set(command, caller);
        return promise;
      }
      guard('ioredis', () => {
        const call = waiting.begin(this as IoredisClient, command, caller);
        if (call === undefined) return;
        contexts.set(command, call.context);
        const end = (error?: unknown): void => {
          guard('ioredis', () => {
            waiting.end(call, { error });
          });
        };
        command.promise.then(() => {
          end();
        }, end);
      });
      return promise;
    };

  return new WrappedSource({
    name: 'ioredis',
    library: 'redis',
    classesOf: (exports) => {
      const { default: main = exports, Redis = main, Cluster, Pipeline } = exports as Record<string, unknown>;
      return [Redis, Cluster, Pipeline];
    },
    classesBehind: (instance) => {
      const { sendCommand, pipeline, offlineQueue, options } = instance as Record<string, unknown>;
      if (
        typeof sendCommand !== 'function' ||
        typeof pipeline !== 'function' ||
        offlineQueue === undefined ||
        options === undefined
      )
        return [];
      const made = pipeline.call(instance) as object;
      return [instance, made].map((object) => ownerOf(object, 'sendCommand')?.constructor);
    },
    wrap: (patches: Patches, prototype) => {
      patches.wrap(prototype, 'sendCommand', 'fillResult' in prototype ? observeQueue : observeSend);
    },
  });
}
