import { activeContext, bindChannel, type FlowContext } from '../../context/flow-context.js';
import { monotonicMillis } from '../../tracing/clock.js';
import diagnostics from 'node:diagnostics_channel';
import type { ClientCall } from '../client-call.js';

/** Waits below this tell nothing of a pool that is too small. */
const NOTABLE_MILLIS = 1;

/**
 * How long statements have waited for a connection of their pool: told on the first
 * statement that is sent on it.
 */
export class PoolWaits {
  /** By what the statement's flow shares with the wait: its context. */
  private readonly waited = new WeakMap<FlowContext, number>();

  /**
   * Follows a tracing channel whose operations are waits.
   *
   * @param failed - called with the message of a wait that got no connection
   */
  follow(
    name: string,
    failed: (message: object, error: unknown, waitedMillis: number, context: FlowContext) => void,
  ): () => void {
    const channel = diagnostics.tracingChannel(name);
    const begun = new WeakMap<object, { readonly at: number; readonly context: FlowContext }>();
    const start = (message: object): void => {
      begun.set(message, { at: monotonicMillis(), context: activeContext() });
    };
    const end = (message: object): void => {
      const wait = begun.get(message);
      if (wait === undefined) return;
      const millis = monotonicMillis() - wait.at;
      const { error } = message as { readonly error?: unknown };
      if (error === undefined) this.note(wait.context, millis);
      else failed(message, error, millis, wait.context);
    };
    const subscribers = { start, asyncStart: end } as unknown as Parameters<typeof channel.subscribe>[0];
    channel.subscribe(subscribers);
    const unbind = bindChannel(
      channel.asyncStart,
      (message) => begun.get(message)?.context ?? activeContext(),
    );
    return () => {
      channel.unsubscribe(subscribers);
      unbind();
    };
  }

  note(context: FlowContext, millis: number): void {
    if (millis >= NOTABLE_MILLIS) this.waited.set(context, millis);
  }

  /** Puts the wait of the running flow on its first call. */
  tell(call: ClientCall, context: FlowContext = activeContext()): void {
    const millis = this.waited.get(context);
    if (millis === undefined) return;
    this.waited.delete(context);
    call.set({ 'db.client.connection.wait_time': millis / 1000 });
  }
}
