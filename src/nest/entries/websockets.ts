import { SpanKind, type Attributes } from '@opentelemetry/api';
import { runInContext } from '../../context/flow-context.js';
import { CONVENTIONS as C } from '../../entries/conventions.js';
import { EntryTrace } from '../../entries/entry-trace.js';
import type { TelemetryInstance } from '../instance/telemetry-instance.js';
import type { EntryHost } from './entry-host.js';
import { SocketConnection } from './socket-connection.js';
import { SocketGateways, type SocketHandler } from '../metadata/socket-gateways.js';

/** The handler that Nest passes to an adapter for each event of a gateway. */
interface BoundHandler {
  readonly message: unknown;
  readonly callback: (...args: unknown[]) => unknown;
  readonly isAckHandledManually?: boolean;
}

type Ack = (...args: unknown[]) => unknown;

/**
 * Traces messages of WebSocket gateways at the adapter: from before guards and pipes until the response is
 * complete.
 */
export class Websockets {
  private readonly gateways: SocketGateways;
  private readonly connections = new WeakMap<object, SocketConnection>();

  constructor(private readonly host: EntryHost) {
    this.gateways = new SocketGateways(host.modules);
  }

  watch(adapter: object): void {
    const { host } = this;
    const { patches } = host;
    patches.replace(
      adapter,
      'bindClientConnect',
      (bind) => (server, callback) =>
        bind.call(adapter, server, (client: object, ...rest: unknown[]) => {
          const connection = host.active ? this.connected(client, rest[0]) : undefined;
          return inConnection(connection, () => (callback as Ack)(client, ...rest));
        }),
    );
    patches.replace(
      adapter,
      'bindClientDisconnect',
      (bind) => (client, callback) =>
        bind.call(adapter, client, (...args: unknown[]) => {
          const connection = this.connections.get(client as object);
          try {
            return inConnection(connection, () => (callback as Ack)(...args));
          } finally {
            connection?.close();
          }
        }),
    );
    patches.replace(
      adapter,
      'bindMessageHandlers',
      (bind) => (client, handlers, transform) =>
        bind.call(adapter, client, this.traced(client as object, handlers as BoundHandler[]), transform),
    );
  }

  private connected(client: object, request: unknown): SocketConnection | undefined {
    const known = this.connections.get(client);
    const instance = this.host.fallback;
    if (known !== undefined || instance?.pipeline.current?.enabled !== true) return known;
    if (!instance.entryRules.traces('websockets')) return undefined;
    const connection = new SocketConnection(client, request, instance, libraryOf(client));
    this.connections.set(client, connection);
    return connection;
  }

  private traced(client: object, handlers: readonly BoundHandler[]): readonly BoundHandler[] {
    const gateway = this.gateways.find(
      client,
      handlers.map(({ message }) => message),
    );
    const instance = gateway === undefined ? this.host.fallback : this.host.instanceOf(gateway.type);
    return handlers.map((handler, index) => ({
      ...handler,
      callback: (...args: unknown[]) =>
        this.host.active
          ? this.handle(client, instance, handler, gateway?.handlers[index], args)
          : handler.callback(...args),
    }));
  }

  private handle(
    client: object,
    instance: TelemetryInstance | undefined,
    handler: BoundHandler,
    known: SocketHandler | undefined,
    args: unknown[],
  ): unknown {
    const entry = this.begin(client, instance, handler, known, args);
    if (entry === undefined) return handler.callback(...args);
    const given = handler.isAckHandledManually === true ? this.untilAcknowledged(client, entry, args) : args;
    return entry.run(() => handler.callback(...given));
  }

  private begin(
    client: object,
    instance: TelemetryInstance | undefined,
    { message }: BoundHandler,
    known: SocketHandler | undefined,
    args: readonly unknown[],
  ): EntryTrace | undefined {
    const event = typeof message === 'string' ? message : JSON.stringify(message);
    const connection = this.connections.get(client);
    const attributes: Attributes = { 'websocket.library': libraryOf(client), 'websocket.event': event };
    if (known !== undefined) attributes[C.functionName] = known.functionName;
    const { nsp } = client as { nsp?: { name?: unknown } };
    if (typeof nsp?.name === 'string') attributes['websocket.namespace'] = nsp.name;
    const linkTo = connection?.span?.spanContext();
    return EntryTrace.begin(instance, {
      kind: 'websockets',
      name: event,
      spanKind: SpanKind.SERVER,
      pattern: event,
      handler: known?.functionName ?? '',
      attributes,
      args: [client, ...args],
      thing: args[0],
      cutOff: () => (this.host.closing ? 'server_shutdown' : 'client_disconnect'),
      headers: connection?.headers,
      relation: 'link',
      ...(linkTo === undefined ? {} : { linkTo }),
      untraced: known?.untraced === true,
    });
  }

  /**
   * Keeps the entry of a handler with `@Ack()`, which responds by itself, until it has responded or the
   * connection ends.
   */
  private untilAcknowledged(client: object, entry: EntryTrace, args: readonly unknown[]): unknown[] {
    const [data, ack, ...rest] = args;
    if (typeof ack !== 'function') return [...args];
    entry.hold();
    let open = true;
    const release = (): void => {
      if (open) entry.release();
      open = false;
    };
    const takeBack = this.connections.get(client)?.untilClosed(release);
    const acknowledged: Ack = (...answer) => {
      takeBack?.();
      try {
        return (ack as Ack)(...answer);
      } finally {
        release();
      }
    };
    return [data, acknowledged, ...rest];
  }
}

function inConnection<T>(connection: SocketConnection | undefined, run: () => T): T {
  return connection === undefined ? run() : runInContext(connection.context, run);
}

function libraryOf(client: object): string {
  return 'handshake' in client ? 'socket.io' : 'ws';
}
