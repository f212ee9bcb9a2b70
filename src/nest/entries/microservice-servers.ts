import { isMcpStrategy } from '../../base/mcp-strategy.js';
import { runInContext } from '../../context/flow-context.js';
import { CONVENTIONS as C, OTHER_METHOD, systemOf } from '../../entries/conventions.js';
import { EntryTrace } from '../../entries/entry-trace.js';
import { isUntracedHandler } from '../metadata/untraced-handlers.js';
import type { Method } from '../like-method.js';
import type { TelemetryInstance } from '../instance/telemetry-instance.js';
import type { EntryHost } from './entry-host.js';
import { grpcCallOf, grpcOutcome, grpcPath, untilCallIsOver, type ServerCall } from './grpc-call.js';
import { withUnimplemented, type GrpcService } from './grpc-service.js';
import { messageFacts, patternText, safeJson, type KnownMessage } from './message-facts.js';
import { MessageArrival, type ServerFields } from './message-arrival.js';
import { MessageHandlers } from '../metadata/message-handlers.js';
import { quietly } from './quietly.js';

/** The members of Nest's servers that the library uses. An app's own strategy may lack any of them. */
export interface MicroserviceServer extends ServerFields {
  readonly transportId?: unknown;
  readonly deserializer?: object;
  readonly serializer?: object;
  normalizePattern?(pattern: unknown): string;
}

/** A function that Nest's server stores for a pattern. Several handlers of one event form a chain. */
interface RegisteredHandler {
  (...args: unknown[]): unknown;
  next?: unknown;
}

interface Registered extends KnownMessage {
  readonly instance: TelemetryInstance | undefined;
  readonly untraced: boolean;
}

const MAX_PATTERN_LENGTH = 256;

/**
 * Traces messages that one app's servers receive. On each server it replaces the functions that read a
 * message, find its handler and send the response.
 */
export class MicroserviceServers {
  private readonly handlers: MessageHandlers;

  constructor(private readonly host: EntryHost) {
    this.handlers = new MessageHandlers(host.modules);
  }

  watch(server: MicroserviceServer): void {
    // MCP tools run in the flow of their HTTP request, or of the span that `GenAiTracer.instrument`
    // creates.
    if (isMcpStrategy(server)) return;
    const { patches } = this.host;
    const system = systemOf(server.transportId);
    patches.replace(server, 'addHandler', (addHandler) => (pattern, callback, isEvent, ...rest) => {
      const traced = this.traced(server, system, pattern, callback as RegisteredHandler, isEvent === true);
      return addHandler.call(server, pattern, traced, isEvent, ...rest);
    });
    patches.replace(
      server,
      'handleMessage',
      (handle) =>
        (...args) =>
          this.arrive(server, system, handle, args),
    );
    patches.replace(
      server,
      'send',
      (send) => (stream, respond) => this.answer(server, send, stream, respond),
    );
    patches.replace(
      server,
      'createService',
      (create) =>
        async (service, ...rest) =>
          withUnimplemented(
            service as GrpcService,
            (await create.call(server, service, ...rest)) as Record<string, unknown>,
            (call, answer) => this.unimplemented(server, call, answer),
          ),
    );
    if (system === 'redis') {
      patches.replace(server, 'getPublisher', (getPublisher) => (...args) => {
        const publish = getPublisher.apply(server, args) as Method;
        return (...packet: unknown[]) =>
          this.host.active ? quietly(() => publish(...packet)) : publish(...packet);
      });
    }
    const { deserializer } = server;
    if (system !== 'grpc' && typeof deserializer === 'object')
      patches.set(server, 'deserializer', readingHeaders(deserializer));
  }

  private arrive(
    server: MicroserviceServer,
    system: string,
    handle: Method,
    args: readonly unknown[],
  ): unknown {
    // The broker sends `null` instead of a message when it cancels a consumer.
    if (!this.host.active || args[0] === null || args[0] === undefined)
      return handle.apply(server, [...args]);
    const arrival = new MessageArrival(system, args);
    const result = runInContext(arrival.context, () => handle.apply(server, [...args]));
    if (result instanceof Promise) {
      result.then(
        () => {
          this.settled(server, arrival, undefined);
        },
        (error: unknown) => {
          this.settled(server, arrival, error);
        },
      );
    } else arrival.settled();
    return result;
  }

  /** Ends messages without a response, and records a message without a handler, or an unreadable packet. */
  private settled(server: MicroserviceServer, arrival: MessageArrival, error: unknown): void {
    if (arrival.handled) {
      arrival.settled();
      return;
    }
    const pattern = arrival.pattern ?? OTHER_METHOD;
    const known = { system: arrival.system, isEvent: !arrival.awaited, functionName: '' };
    const facts = messageFacts(server, { ...known, pattern: OTHER_METHOD }, arrival, []);
    const entry = EntryTrace.begin(this.host.fallback, {
      ...facts,
      attributes: {
        ...facts.attributes,
        ...(pattern === OTHER_METHOD ? {} : { [C.rpcMethodOriginal]: pattern.slice(0, MAX_PATTERN_LENGTH) }),
      },
    });
    entry?.fail(error ?? new NoMessageHandlerError());
    entry?.release();
  }

  private traced(
    server: MicroserviceServer,
    system: string,
    pattern: unknown,
    callback: RegisteredHandler,
    isEvent: boolean,
  ): RegisteredHandler {
    const registered = this.register(server, system, pattern, isEvent);
    const traced = (...args: unknown[]): unknown => {
      if (!this.host.active) return callback(...args);
      const entry = this.begin(server, registered, withoutHost(args));
      if (entry === undefined) return callback(...args);
      const run = (): unknown => callback(...args);
      return system === 'grpc' ? this.untilOver(entry, grpcCallOf(args), run) : entry.run(run);
    };
    // Nest chains the handlers of one event through this property, on the function that it created.
    Object.defineProperty(traced, 'next', {
      get: () => callback.next,
      set: (next) => {
        callback.next = next;
      },
      configurable: true,
    });
    return traced;
  }

  private register(
    server: MicroserviceServer,
    system: string,
    pattern: unknown,
    isEvent: boolean,
  ): Registered {
    const handler = this.handlers.find(server, pattern, isEvent);
    return {
      system,
      pattern: patternText(server, system, pattern),
      isEvent,
      functionName: handler === undefined ? '' : `${handler.type.name}.${handler.name}`,
      instance: handler === undefined ? this.host.fallback : this.host.instanceOf(handler.type),
      untraced: handler !== undefined && isUntracedHandler(handler.type, handler.method),
    };
  }

  private begin(
    server: MicroserviceServer,
    registered: Registered,
    args: readonly unknown[],
  ): EntryTrace | undefined {
    const arrival = MessageArrival.current;
    const instance = registered.instance ?? this.host.fallback;
    const call = registered.system === 'grpc' ? grpcCallOf(args) : undefined;
    const pattern = grpcPath(call) ?? registered.pattern;
    const facts = messageFacts(server, { ...registered, pattern }, arrival, args);
    const entry = EntryTrace.begin(instance, {
      ...facts,
      thing: args[1] ?? args[0],
      untraced: registered.untraced,
      ...(registered.system === 'grpc' ? { outcome: grpcOutcome(call) } : {}),
    });
    arrival?.begun(entry);
    return entry;
  }

  private untilOver(entry: EntryTrace, call: ServerCall | undefined, run: () => unknown): unknown {
    return untilCallIsOver(entry, call, () => this.host.closing, run);
  }

  /** Records calls of a gRPC service's methods that no controller has. */
  private unimplemented(server: MicroserviceServer, call: ServerCall, answer: () => unknown): unknown {
    if (!this.host.active) return answer();
    const known = { system: 'grpc', pattern: OTHER_METHOD, isEvent: false, functionName: '' };
    const entry = this.begin(server, { ...known, instance: undefined, untraced: false }, [call]);
    return entry === undefined ? answer() : this.untilOver(entry, call, answer);
  }

  /** Ends the entry after its last response was sent. */
  private answer(server: MicroserviceServer, send: Method, stream: unknown, respond: unknown): unknown {
    const arrival = MessageArrival.current;
    const entry = arrival?.entry;
    if (arrival === undefined || entry === undefined || typeof respond !== 'function')
      return send.call(server, stream, respond);
    arrival.answering = true;
    // An app's own strategy may use other packets, which do not show whether a response is awaited.
    if (!arrival.awaited) entry.hold();
    let open = true;
    const release = (): void => {
      if (open) entry.release();
      open = false;
    };
    return send.call(server, stream, (packet: { readonly isDisposed?: unknown }) => {
      const isLast = packet.isDisposed === true;
      let result: unknown;
      try {
        result = (respond as (packet: unknown) => unknown)(packet);
      } catch (error) {
        entry.fail(error);
        release();
        throw error;
      }
      if (result instanceof Promise) {
        result.then(
          () => {
            if (isLast) release();
          },
          (error: unknown) => {
            entry.fail(error);
            release();
          },
        );
      } else if (isLast) release();
      return result;
    });
  }
}

/** The error of a message without a handler in the app. */
class NoMessageHandlerError extends Error {
  override readonly name = 'NoMessageHandlerError';

  constructor() {
    super('There is no matching message handler defined in the remote service.');
  }
}

/** Wraps a deserializer so that the library reads the packet first. */
function readingHeaders(deserializer: object): object {
  const { deserialize } = deserializer as { deserialize?: (packet: unknown, options?: unknown) => unknown };
  if (typeof deserialize !== 'function') return deserializer;
  const reading = Object.create(deserializer) as { deserialize: typeof deserialize };
  reading.deserialize = (packet, options) => {
    const arrival = MessageArrival.current;
    arrival?.received(packet, options);
    const result = deserialize.call(deserializer, packet, options);
    if (arrival === undefined) return result;
    if (!(result instanceof Promise)) noteRequest(arrival, result);
    else
      result.then(
        (given) => {
          noteRequest(arrival, given);
        },
        () => undefined,
      );
    return result;
  };
  return reading;
}

function noteRequest(arrival: MessageArrival, packet: unknown): void {
  const { id, pattern } = (packet ?? {}) as { id?: unknown; pattern?: unknown };
  arrival.awaited = id !== undefined;
  if (pattern !== undefined) arrival.pattern = typeof pattern === 'string' ? pattern : safeJson(pattern);
}

/**
 * Removes the request from the arguments: Nest passes it first to request-scoped handlers of an event that
 * several handle.
 */
function withoutHost(args: readonly unknown[]): readonly unknown[] {
  const [first] = args;
  const { constructor } = Object(first) as { constructor?: { name?: unknown } };
  return constructor?.name === 'RequestContextHost' ? args.slice(1) : args;
}
