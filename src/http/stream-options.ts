/**
 * How a stream ended, the value of `stream.outcome`.
 *
 * `limit`: the server closed the connection, as Nest does when a client does not read its events
 * (`maxPendingDataLength`).
 */
export type StreamOutcome = 'completed' | 'error' | 'client_disconnect' | 'server_shutdown' | 'limit';

/** How `@Sse` routes become spans. */
export interface SseOptions {
  /**
   * Where a stream's attributes and events go: on the request's `server` span, so that one request is one
   * span, or on a `stream` span of its own, a child that begins when Nest subscribes. Default `server`.
   */
  readonly spans?: 'server' | 'stream';
  /** A `chunk_milestone` event every so many events; 0 for none. Default 10 in development, else 0. */
  readonly milestoneEvery?: number;
  /**
   * How `app.close()` treats open streams after all `beforeApplicationShutdown` hooks: `leave` leaves them to
   * Nest, which waits for every client to go; `complete` ends their responses. Spans of streams that are
   * left end, and are delivered, after `shutdown.timeoutMillis`. Default `leave`.
   */
  readonly onShutdown?: 'leave' | 'complete';
}

/** Options of one `@Sse` route, over those of its instance. */
export interface SseSpanOptions extends Pick<SseOptions, 'spans' | 'milestoneEvery'> {
  /**
   * Name of the stream's own span, of low cardinality; implies `spans: 'stream'`. Default
   * `{method} {route} stream`.
   */
  readonly name?: string;
  /** Value of `stream.type`; default `sse`. */
  readonly type?: string;
}

/** The compiled options of an `@Sse` route. */
export interface SseRoute {
  readonly type: string;
  /**
   * Absent where the server span carries the stream's attributes; `undefined` inside for the default name.
   */
  readonly ownSpan: { readonly name: string | undefined } | undefined;
  readonly milestoneEvery: number;
  readonly completeOnShutdown: boolean;
}

/** Puts a route's own options over its instance's. @param milestoneEvery - where neither says anything */
export function sseRoute(instance: SseOptions, route: SseSpanOptions, milestoneEvery: number): SseRoute {
  const spans = route.spans ?? (route.name === undefined ? instance.spans : 'stream');
  return {
    type: route.type ?? 'sse',
    ownSpan: spans === 'stream' ? { name: route.name } : undefined,
    milestoneEvery: route.milestoneEvery ?? instance.milestoneEvery ?? milestoneEvery,
    completeOnShutdown: instance.onShutdown === 'complete',
  };
}
