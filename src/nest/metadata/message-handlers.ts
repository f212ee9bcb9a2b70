import type { Type } from '@nestjs/common';
import type { ModulesContainer } from '@nestjs/core';
import { MetadataScanner } from '@nestjs/core';

/** The metadata keys of `@MessagePattern` and `@EventPattern`. */
const PATTERNS = 'microservices:pattern';
const HANDLER_TYPE = 'microservices:handler_type';
const TRANSPORT = 'microservices:transport';
const EVENT_HANDLER = 2;

const scanner = new MetadataScanner();

/** A controller's method that handles messages. */
export interface MessageHandler {
  readonly type: Type;
  readonly name: string;
  readonly method: object;
  readonly pattern: unknown;
  readonly isEvent: boolean;
  /** The transport; absent if the method handles messages of every transport. */
  readonly transport: unknown;
}

/** A Nest server, or a custom strategy. */
interface Server {
  readonly transportId?: unknown;
}

/**
 * Finds the method behind a server's handler. Nest registers handlers in the order of modules, controllers
 * and methods, so the result is the first method with this pattern that was not returned before.
 */
export class MessageHandlers {
  private readonly asked = new Map<object, Set<MessageHandler>>();
  private all: readonly MessageHandler[] | undefined;

  constructor(private readonly modules: ModulesContainer) {}

  find(server: Server, pattern: unknown, isEvent: boolean): MessageHandler | undefined {
    return this.next(server, pattern, isEvent) ?? this.again(server, pattern, isEvent);
  }

  /** Reads the modules again, since some may have been loaded lazily. */
  private again(server: Server, pattern: unknown, isEvent: boolean): MessageHandler | undefined {
    this.all = undefined;
    return this.next(server, pattern, isEvent);
  }

  private next(server: Server, pattern: unknown, isEvent: boolean): MessageHandler | undefined {
    let asked = this.asked.get(server);
    if (asked === undefined) this.asked.set(server, (asked = new Set()));
    this.all ??= [...messageHandlers(this.modules)];
    const found = this.all.find(
      (handler) =>
        handler.pattern === pattern &&
        handler.isEvent === isEvent &&
        (handler.transport ?? server.transportId) === (server.transportId ?? handler.transport) &&
        !asked.has(handler),
    );
    if (found !== undefined) asked.add(found);
    return found;
  }
}

/** Whether a controller handles messages. */
export function handlesMessages(prototype: object, name: string): boolean {
  const method = (prototype as Record<string, unknown>)[name];
  return typeof method === 'function' && Reflect.hasMetadata(PATTERNS, method);
}

function* messageHandlers(modules: ModulesContainer): Iterable<MessageHandler> {
  for (const module of modules.values()) {
    for (const { metatype } of module.controllers.values()) {
      const type = metatype as Type | null;
      if (type === null) continue;
      const prototype = type.prototype as Record<string, object>;
      for (const name of scanner.getAllMethodNames(prototype)) {
        const method = prototype[name];
        if (typeof method !== 'function') continue;
        const patterns = Reflect.getMetadata(PATTERNS, method) as readonly unknown[] | undefined;
        if (patterns === undefined) continue;
        const isEvent = Reflect.getMetadata(HANDLER_TYPE, method) === EVENT_HANDLER;
        const transport: unknown = Reflect.getMetadata(TRANSPORT, method);
        for (const pattern of patterns) yield { type, name, method, pattern, isEvent, transport };
      }
    }
  }
}
