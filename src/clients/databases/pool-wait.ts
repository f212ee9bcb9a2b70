import { activeContext, type FlowContext } from '../../context/flow-context.js';
import { monotonicMillis } from '../../tracing/clock.js';
import type { ClientLibrary } from '../../config/clients-config.js';
import { followTracing } from '../channel.js';
import type { ClientCall } from '../client-call.js';
import { isTimeout, recordUnconnected } from './database-call.js';
import type { DatabaseServer } from './database-server.js';
import { measureWait, watchPool, type PoolFigures } from './pool-metrics.js';

/** The shortest recorded wait, in milliseconds; shorter ones do not indicate a small pool. */
const NOTABLE_MILLIS = 1;

/** Ends a wait, with the error if no connection was provided. */
type EndOfWait<P> = (error?: unknown, pool?: P) => void;

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
   */
  begin(server: DatabaseServer, known?: P): EndOfWait<P> {
    const context = activeContext();
    const at = monotonicMillis();
    return (error, pool = known) => {
      const millis = monotonicMillis() - at;
      if (pool !== undefined)
        watchPool(
          this.source.library,
          server,
          pool,
          this.figures,
          context,
          isTimeout((Object(error) as { readonly message?: unknown }).message),
        );
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
    return followTracing<object, EndOfWait<P>>({
      source: this.source.name,
      channel: name,
      restores: true,
      begin: (message) => this.begin(serverOf(message)),
      end: (end, { error, result }) => {
        end(error, poolOf(result));
      },
    });
  }

  /** Records the wait of the running flow on its first call. */
  tell(call: ClientCall, context: FlowContext = activeContext()): void {
    const millis = this.waited.get(context);
    if (millis === undefined) return;
    this.waited.delete(context);
    call.set({ 'db.client.connection.wait_time': Math.round(millis * 1000) / 1e6 });
  }
}
