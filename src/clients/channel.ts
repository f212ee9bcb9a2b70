import diagnostics from 'node:diagnostics_channel';
import { errorText } from '../base/rate-limited-log.js';
import { activeContext, bindChannel, type FlowContext } from '../context/flow-context.js';
import type { ClientCall } from './client-call.js';
import { complainOf } from './recording-instance.js';

/** A subscriber's treatment of a message. */
type Listener = (message: object) => void;

/** Node 20 loses the subscribers of a channel that is not referenced. */
const held = new Set<object>();

/**
 * Subscribes to channels of Node and libraries by name; a listener that throws is reported.
 */
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
  return () => {
    for (const unsubscribe of undo) unsubscribe();
  };
}

/** Runs code of ours inside a library's call. */
export function guard<T>(source: string, fn: () => T): T | undefined {
  try {
    return fn();
  } catch (error) {
    complainOf(source, `A call of ${source} could not be recorded: ${errorText(error)}`);
    return undefined;
  }
}

/** The events that a library publishes about its operations, as `TracingChannel` does. */
export interface TracedOperations<M extends object> {
  readonly source: string;
  /** Name of the tracing channel. */
  readonly channel: string;
  begin(message: M): ClientCall | undefined;
  /** Ends the call; `result` or `error` are on the message by then. */
  end(call: ClientCall, message: M & { readonly error?: unknown; readonly result?: unknown }): void;
  /** Whether the operation works through other clients, which are to know that they do. */
  readonly activates?: boolean;
  /**
   * Whether results come by callback, which is to run in the caller's flow, on any connection.
   */
  readonly restores?: boolean;
}

/** Records the operations of a tracing channel. */
export function followTracing<M extends object>(operations: TracedOperations<M>): () => void {
  const { source, channel: name, activates = false, restores = false } = operations;
  const channel = diagnostics.tracingChannel(name);
  const calls = new WeakMap<object, ClientCall>();
  const callers = new WeakMap<object, FlowContext>();
  const begin = (message: object): FlowContext => {
    const caller = activeContext();
    if (restores) callers.set(message, caller);
    const call = guard(source, () => operations.begin(message as M));
    if (call === undefined) return caller;
    calls.set(message, call);
    return activates ? call.context : caller;
  };
  const end = (message: object): void => {
    const call = calls.get(message);
    if (call === undefined) return;
    calls.delete(message);
    guard(source, () => {
      operations.end(call, message as M);
    });
  };
  const noop = (): void => undefined;
  const subscribers = {
    start: activates ? noop : begin,
    error: end,
    asyncStart: end,
  } as unknown as Parameters<typeof channel.subscribe>[0];
  channel.subscribe(subscribers);
  const unbind: (() => void)[] = [];
  if (activates) unbind.push(bindChannel(channel.start, begin));
  if (restores)
    unbind.push(bindChannel(channel.asyncStart, (message) => callers.get(message) ?? activeContext()));
  return () => {
    channel.unsubscribe(subscribers);
    for (const undo of unbind) undo();
  };
}
