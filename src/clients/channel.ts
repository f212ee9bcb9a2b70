import diagnostics from 'node:diagnostics_channel';
import { errorText } from '../base/rate-limited-log.js';
import { activeContext, bindChannel, type FlowContext } from '../context/flow-context.js';
import type { ClientCall } from './client-call.js';
import { complainOf } from './recording-instance.js';

/** A function that handles the messages of a channel. */
type Listener = (message: object) => void;

/** Channels with subscribers. Node 20 loses the subscribers of a channel that nothing references. */
const held = new Set<object>();

/** Subscribes to channels of Node and libraries by name. An error in a listener is reported. */
export function subscribeAll(source: string, listeners: Readonly<Record<string, Listener>>): () => void {
  const undo = Object.entries(listeners).map(([name, listener]) => {
    const channel = diagnostics.channel(name);
    held.add(channel);
    const guarded = (message: unknown): void => {
      guard(source, () => {
        listener(message as object);
      });
    };
    diagnostics.subscribe(name, guarded);
    return () => {
      held.delete(channel);
      diagnostics.unsubscribe(name, guarded);
    };
  });
  return together(undo);
}

/** Whether this runtime publishes on a channel while `fn` runs. */
export function isPublished(name: string, fn: () => unknown): boolean {
  let published = false;
  const stop = subscribeAll(name, {
    [name]: () => {
      published = true;
    },
  });
  try {
    fn();
  } catch {
    // Then this runtime has no such channel.
  } finally {
    stop();
  }
  return published;
}

/** Returns a function that calls all of the given ones. */
export function together(stops: readonly (() => void)[]): () => void {
  return () => {
    for (const stop of stops) stop();
  };
}

/** Runs this library's code inside another library's call and catches its errors. */
export function guard<T>(source: string, fn: () => T): T | undefined {
  try {
    return fn();
  } catch (error) {
    complain(source, error);
    return undefined;
  }
}

function complain(source: string, error: unknown): void {
  complainOf(source, `A call of ${source} could not be recorded: ${errorText(error)}`);
}

/** The operations that a library publishes through a `TracingChannel`. */
export interface TracedOperations<M extends object, C = ClientCall> {
  readonly source: string;
  /** The name of the tracing channel. */
  readonly channel: string;
  begin(message: M): C | undefined;
  /** Ends the call; the message then has `result` or `error`. */
  end(call: C, message: M & { readonly error?: unknown; readonly result?: unknown }): void;
  /** The context for the operation's work; given if it uses other clients, which must find this call. */
  readonly inside?: (call: C) => FlowContext;
  /** Whether callbacks deliver the result; they then run in the caller's flow, on any connection. */
  readonly restores?: boolean;
}

/** Records the operations of a tracing channel. */
export function followTracing<M extends object, C = ClientCall>(
  operations: TracedOperations<M, C>,
): () => void {
  const { source, channel: name, inside, restores = false } = operations;
  const channel = diagnostics.tracingChannel(name);
  // The call is stored on the message, to which Node writes as well. Maps with weak keys would cost more
  // than all other steps.
  const CALL: unique symbol = Symbol(`nestjs-telemetry call of ${name}`);
  const CALLER: unique symbol = Symbol(`nestjs-telemetry caller of ${name}`);
  type Message = M & { [CALL]?: C | undefined; [CALLER]?: FlowContext };
  const begin = (message: Message): FlowContext => {
    const caller = activeContext();
    try {
      if (restores) message[CALLER] = caller;
      const call = operations.begin(message);
      if (call === undefined) return caller;
      message[CALL] = call;
      return inside?.(call) ?? caller;
    } catch (error) {
      complain(source, error);
      return caller;
    }
  };
  const end = (message: Message): void => {
    const { [CALL]: call } = message;
    if (call === undefined) return;
    try {
      message[CALL] = undefined;
      operations.end(call, message);
    } catch (error) {
      complain(source, error);
    }
  };
  const noop = (): void => undefined;
  const subscribers = {
    start: inside === undefined ? begin : noop,
    error: end,
    asyncStart: end,
  } as unknown as Parameters<typeof channel.subscribe>[0];
  channel.subscribe(subscribers);
  const stops = [
    (): void => {
      channel.unsubscribe(subscribers);
    },
  ];
  if (inside !== undefined) stops.push(bindChannel(channel.start, (message) => begin(message as Message)));
  if (restores)
    stops.push(bindChannel(channel.asyncStart, (message) => (message as Message)[CALLER] ?? activeContext()));
  return together(stops);
}
