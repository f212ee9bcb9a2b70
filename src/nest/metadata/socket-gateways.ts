import type { Type } from '@nestjs/common';
import { MetadataScanner, type ModulesContainer } from '@nestjs/core';
import { isUntracedHandler } from './untraced-handlers.js';

/** The metadata keys of `@nestjs/websockets` for gateways and their methods. */
export const GATEWAY_METADATA = 'websockets:is_gateway';
const GATEWAY_OPTIONS = 'websockets:gateway_options';
const MESSAGE_MAPPING = 'websockets:message_mapping';
const MESSAGE = 'message';

const scanner = new MetadataScanner();

/** A method that handles one event of a gateway's sockets. */
export interface SocketHandler {
  readonly message: unknown;
  readonly functionName: string;
  readonly untraced: boolean;
}

/** A gateway, with the events that it handles. */
export interface SocketGateway {
  readonly type: Type;
  readonly namespace: string;
  readonly handlers: readonly SocketHandler[];
}

/**
 * Finds the gateway that a client is being connected to. Adapters receive the handlers but not their
 * gateway.
 */
export class SocketGateways {
  private readonly connected = new WeakMap<object, Set<SocketGateway>>();
  private all: readonly SocketGateway[] | undefined;

  constructor(private readonly modules: ModulesContainer) {}

  /**
   * Returns the gateway with these messages in the client's namespace. Of several equal ones, it is the
   * first that the client has not connected to yet.
   */
  find(client: object, messages: readonly unknown[]): SocketGateway | undefined {
    this.all ??= [...gateways(this.modules)];
    const { nsp } = client as { nsp?: { name?: unknown } };
    const alike = this.all.filter(({ handlers }) => sameMessages(handlers, messages));
    const near = alike.filter(({ namespace }) => nsp?.name === undefined || nsp.name === namespace);
    let taken = this.connected.get(client);
    if (taken === undefined) this.connected.set(client, (taken = new Set()));
    const found = (near.length > 0 ? near : alike).find((gateway) => !taken.has(gateway));
    if (found !== undefined) taken.add(found);
    return found;
  }
}

function sameMessages(handlers: readonly SocketHandler[], messages: readonly unknown[]): boolean {
  return (
    handlers.length === messages.length && handlers.every(({ message }, index) => message === messages[index])
  );
}

function* gateways(modules: ModulesContainer): Iterable<SocketGateway> {
  for (const { providers } of modules.values()) {
    for (const { metatype } of providers.values()) {
      if (typeof metatype !== 'function' || !Reflect.hasMetadata(GATEWAY_METADATA, metatype)) continue;
      const type = metatype as Type;
      const { namespace } = (Reflect.getMetadata(GATEWAY_OPTIONS, type) ?? {}) as { namespace?: unknown };
      const path = typeof namespace === 'string' ? namespace : '';
      yield { type, namespace: path.startsWith('/') ? path : `/${path}`, handlers: [...handlersOf(type)] };
    }
  }
}

function* handlersOf(type: Type): Iterable<SocketHandler> {
  const prototype = type.prototype as Record<string, object>;
  for (const name of scanner.getAllMethodNames(prototype)) {
    const method = prototype[name];
    if (method === undefined || !Reflect.hasMetadata(MESSAGE_MAPPING, method)) continue;
    yield {
      message: Reflect.getMetadata(MESSAGE, method) as unknown,
      functionName: `${type.name}.${name}`,
      untraced: isUntracedHandler(type, method),
    };
  }
}
