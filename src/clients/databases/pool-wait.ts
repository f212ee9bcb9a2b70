import { activeContext, bindChannel, type FlowContext } from '../../context/flow-context.js';
import { monotonicMillis } from '../../tracing/clock.js';
import diagnostics from 'node:diagnostics_channel';
import type { ClientLibrary } from '../../config/clients-config.js';
import type { ClientCall } from '../client-call.js';
import { recordUnconnected } from './database-call.js';
import type { DatabaseServer } from './database-server.js';
import { measureWait, watchPool, type PoolFigures } from './pool-metrics.js';

/** The shortest recorded wait, in milliseconds; shorter ones do not indicate a small pool. */
const NOTABLE_MILLIS = 1;

/**
 * Measures how long statements wait for a connection of their pool. The wait is recorded on the first
 * statement that is then sent.
 */
export class PoolWaits<P extends object> {
  /** Waits by context; a statement's flow shares its context with the wait. */
  private readonly waited = new WeakMap<FlowContext, number>();

  /** @param figures - returns `undefined` for a closed pool */
  constructor(
    private readonly source: { readonly name: string; readonly library: ClientLibrary },
    private readonly figures: (pool: P) => PoolFigures | undefined,
  ) {}

  /**
   * Begins a wait of the running flow.
   *
   * @returns a function that ends the wait, with the error if no connection was provided
   */
  begin(server: DatabaseServer, known?: P): (error?: unknown, pool?: P) => void {
    const context = activeContext();
    const at = monotonicMillis();
    return (error, pool = known) => {
      const millis = monotonicMillis() - at;
      if (pool !== undefined)
        watchPool(this.source.library, server, pool, this.figures, context, isTimeout(error));
      if (error !== undefined && error !== null) {
        recordUnconnected(this.source, server, error, millis, context);
        return;
      }
      measureWait(this.source.library, server, millis / 1000, context);
      if (millis >= NOTABLE_MILLIS) this.waited.set(context, millis);
    };
  }

  /** Observes a tracing channel whose operations are waits. */
  follow(
    name: string,
    serverOf: (message: object) => DatabaseServer,
    poolOf: (connection: unknown) => P | undefined,
  ): () => void {
    const channel = diagnostics.tracingChannel(name);
    const begun = new WeakMap<
      object,
      { readonly end: (error?: unknown, pool?: P) => void; readonly context: FlowContext }
    >();
    const start = (message: object): void => {
      begun.set(message, { end: this.begin(serverOf(message)), context: activeContext() });
    };
    const end = (message: object): void => {
      const { error, result } = message as { readonly error?: unknown; readonly result?: unknown };
      begun.get(message)?.end(error, poolOf(result));
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

  /** Records the wait of the running flow on its first call. */
  tell(call: ClientCall, context: FlowContext = activeContext()): void {
    const millis = this.waited.get(context);
    if (millis === undefined) return;
    this.waited.delete(context);
    call.set({ 'db.client.connection.wait_time': Math.round(millis * 1000) / 1e6 });
  }
}

function isTimeout(error: unknown): boolean {
  const { message } = Object(error) as { readonly message?: unknown };
  return typeof message === 'string' && /\btime(?:d |-)?out\b/i.test(message);
}
