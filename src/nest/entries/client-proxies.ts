import type { Attributes } from '@opentelemetry/api';
import { isObservable, type Observable } from 'rxjs';
import type { AnyFunction } from '../../base/any-function.js';
import { activeContext, EMPTY_CONTEXT, runInContext } from '../../context/flow-context.js';
import { CONVENTIONS as C, systemOfClient } from '../../entries/conventions.js';
import { OutgoingMessage } from '../../entries/outgoing-message.js';
import { observeLike } from '../../tracing/context-subscriber.js';
import type { TelemetryInstance } from '../instance/telemetry-instance.js';
import { addressOf } from './broker-address.js';
import { carryHeaders, type ClientProxyLike, type Outbox } from './carry-headers.js';
import type { EntryHost } from './entry-host.js';
import { watchGrpcClient } from './grpc-clients.js';
import { codeOf } from './message-facts.js';
import { nestInstances } from './nest-instances.js';
import { quietly } from './quietly.js';

/** The packet that Nest passes to a transport's client. */
interface Packet {
  readonly pattern: unknown;
  readonly data?: unknown;
}

/**
 * Traces outgoing messages of one app's clients. It replaces functions on each client object, and also
 * finds clients in properties of providers.
 */
export class ClientProxies {
  private readonly watched = new WeakSet<object>();

  constructor(private readonly host: EntryHost) {}

  /** Finds clients that were created since the last call. */
  watchAll(): void {
    for (const { instance, type } of nestInstances(this.host.modules)) {
      if (isClient(instance)) this.watch(instance, this.host.fallback);
      for (const { value } of Object.values(Object.getOwnPropertyDescriptors(instance))) {
        if (isClient(value)) this.watch(value, this.host.instanceOf(type));
      }
    }
  }

  private watch(client: ClientProxyLike, nearest: TelemetryInstance | undefined): void {
    if (this.watched.has(client)) return;
    this.watched.add(client);
    const system = systemOfClient(nestClassOf(client));
    const { patches } = this.host;
    if (system === 'grpc') {
      watchGrpcClient(client, this.host, nearest);
      return;
    }
    const outbox: Outbox = { serialized: undefined, packets: new WeakMap() };
    const begin = (pattern: unknown, awaited: boolean, count = 1): OutgoingMessage | undefined =>
      this.host.active ? this.begin(client, nearest, system, { pattern, awaited, count }) : undefined;

    patches.replace(client, 'send', (send) => (pattern, data) => {
      const source = send.call(client, pattern, data);
      return this.host.active && isObservable(source)
        ? perSubscription(source, () => begin(pattern, true))
        : source;
    });
    patches.replace(client, 'emit', (emit) => (pattern, data) => {
      const message = begin(pattern, false);
      return message === undefined
        ? emit.call(client, pattern, data)
        : untilSent(message, () => emit.call(client, pattern, data));
    });
    patches.replace(client, 'emitBatch', (emit) => (pattern, data) => {
      const { messages } = Object(data) as { messages?: unknown };
      const message = begin(pattern, false, Array.isArray(messages) ? messages.length : 1);
      return message === undefined
        ? emit.call(client, pattern, data)
        : untilSent(message, () => emit.call(client, pattern, data));
    });
    // A connection outlives the request that opens it.
    patches.replace(
      client,
      'connect',
      (connect) =>
        (...args) =>
          runInContext(EMPTY_CONTEXT, () => connect.apply(client, args)),
    );
    for (const name of ['publish', 'dispatchEvent', 'dispatchBatchEvent']) {
      patches.replace(
        client,
        name,
        (dispatch) =>
          (...args) =>
            this.dispatch(client, system, outbox, dispatch, args),
      );
    }
    carryHeaders(client, system, outbox, patches);
  }

  private begin(
    client: ClientProxyLike,
    nearest: TelemetryInstance | undefined,
    system: string,
    { pattern, awaited, count }: { pattern: unknown; awaited: boolean; count: number },
  ): OutgoingMessage | undefined {
    const instance = this.host.instanceOfFlow(nearest ?? this.host.fallback);
    if (instance === undefined || pattern === undefined || pattern === null) return undefined;
    const text = patternText(client, pattern);
    const { host, port } = addressOf(client);
    const attributes: Attributes = { [C.serverAddress]: host };
    if (port !== undefined) attributes[C.serverPort] = port;
    if (system !== 'tcp' || !awaited) attributes[C.system] = system;
    if (awaited) {
      attributes[C.rpcSystem] = 'nestjs';
      attributes[C.rpcMethod] = text;
    } else {
      attributes[C.operationName] = 'send';
      attributes[C.operationType] = 'send';
      attributes[C.destination] = typeof client.queue === 'string' ? client.queue : text;
    }
    if (count > 1) attributes[C.batchCount] = count;
    return OutgoingMessage.begin(instance, 'microservices', {
      system,
      pattern: text,
      awaited,
      host: port === undefined ? host : `${host}:${port}`,
      attributes,
      count,
    });
  }

  /**
   * Sends a packet. The transport serialises it during this call, or later from the packet that it kept.
   */
  private dispatch(
    client: object,
    system: string,
    outbox: Outbox,
    dispatch: AnyFunction,
    args: unknown[],
  ): unknown {
    const message = OutgoingMessage.current;
    const [packet] = args as [Packet | undefined];
    if (message !== undefined && typeof packet === 'object') outbox.packets.set(packet, message.headers);
    const send = (): unknown => dispatch.apply(client, args);
    if (system !== 'redis' || !this.host.active || (message === undefined && !this.leavesOut(client, packet)))
      return send();
    const takeBack = quietly(send);
    return typeof takeBack === 'function' ? () => quietly(takeBack as AnyFunction) : takeBack;
  }

  private leavesOut(client: ClientProxyLike, packet: Packet | undefined): boolean {
    const { entryRules } = this.host.instanceOfFlow(this.host.fallback) ?? {};
    if (entryRules?.traces('microservices') !== true || packet === undefined) return false;
    return !entryRules.covers('microservices', patternText(client, packet.pattern));
  }
}

/** Traces a cold Observable, which sends a message for each subscriber. */
function perSubscription(
  source: Observable<unknown>,
  begin: () => OutgoingMessage | undefined,
): Observable<unknown> {
  return observeLike(source, {
    begin() {
      const message = begin();
      let answered = false;
      const settled = (): void => {
        answered = true;
      };
      return {
        context: message?.context ?? activeContext(),
        listener: {
          next: settled,
          complete: settled,
          error: (error) => {
            settled();
            const code = codeOf(error);
            if (code !== undefined) message?.answered(String(code));
            message?.fail(error);
          },
          closed: () => {
            if (answered) message?.end();
            else message?.endCancelled();
          },
        },
      };
    },
  });
}

/**
 * Traces an event. Events are sent at once and their Observable is hot, so further subscribers change
 * nothing.
 */
function untilSent(message: OutgoingMessage, emit: () => unknown): unknown {
  let result: unknown;
  try {
    result = runInContext(message.context, emit);
  } catch (error) {
    message.fail(error);
    message.end();
    throw error;
  }
  if (!isObservable(result)) {
    message.end();
    return result;
  }
  runInContext(message.context, () =>
    result.subscribe({
      error: (error: unknown) => {
        message.fail(error);
        message.end();
      },
      complete: () => {
        message.end();
      },
    }),
  );
  return result;
}

function isClient(value: unknown): value is ClientProxyLike {
  if (typeof value !== 'object' || value === null) return false;
  try {
    const { send, emit, connect, close, publish, routingMap, getService } = value as Record<string, unknown>;
    const sends = [send, emit, connect, close, publish].every((method) => typeof method === 'function');
    return sends && (routingMap instanceof Map || typeof getService === 'function');
  } catch {
    return false;
  }
}

/** Returns the name of the nearest Nest class that a client extends. */
function nestClassOf(client: object): string {
  let prototype = Object.getPrototypeOf(client) as object | null;
  while (prototype !== null) {
    const { name } = (prototype as { constructor: { name: string } }).constructor;
    if (systemOfClient(name) !== 'custom') return name;
    prototype = Object.getPrototypeOf(prototype) as object | null;
  }
  return '';
}

function patternText(client: ClientProxyLike, pattern: unknown): string {
  if (typeof pattern === 'string') return pattern;
  try {
    return client.normalizePattern?.(pattern) ?? JSON.stringify(pattern);
  } catch {
    return '_OTHER';
  }
}
