/**
 * The outcome of a stream, the value of `stream.outcome`.
 *
 * `limit`: the server closed the connection, as Nest does when a client does not read its events
 * (`maxPendingDataLength`).
 */
export type StreamOutcome = 'completed' | 'error' | 'client_disconnect' | 'server_shutdown' | 'limit';

/** The options of `@Sse` routes. */
export interface SseOptions {
  /**
   * The span with a stream's attributes and events: the request's `server` span, or a `stream` span of its
   * own, which is a child that begins when Nest subscribes. Default `server`.
   */
  readonly spans?: 'server' | 'stream';
  /**
   * The number of events between two `chunk_milestone` events; 0 for none. Default 10 in development, else
   * 0.
   */
  readonly milestoneEvery?: number;
  /**
   * The treatment of open streams by `app.close()`, after all `beforeApplicationShutdown` hooks: `leave`
   * leaves them to Nest, which waits for every client to disconnect; `complete` ends their responses. Spans
   * of streams that are still open end after `shutdown.timeoutMillis`. Default `leave`.
   */
  readonly onShutdown?: 'leave' | 'complete';
}

/** Options of one `@Sse` route, which win over those of its instance. */
export interface SseSpanOptions extends Pick<SseOptions, 'spans' | 'milestoneEvery'> {
  /**
   * The name of the stream's own span, which must have few values; implies `spans: 'stream'`. Default
   * `{method} {route} stream`.
   */
  readonly name?: string;
  /** The value of `stream.type`; default `sse`. */
  readonly type?: string;
}

/** The compiled options of an `@Sse` route. */
export interface SseRoute {
  readonly type: string;
  /**
   * The stream's own span; absent if the server span has the stream's attributes. `name` is `undefined` for
   * the default one.
   */
  readonly ownSpan: { readonly name: string | undefined } | undefined;
  readonly milestoneEvery: number;
  readonly completeOnShutdown: boolean;
}

/** Merges a route's own options into its instance's. @param milestoneEvery - the default */
export function sseRoute(instance: SseOptions, route: SseSpanOptions, milestoneEvery: number): SseRoute {
  const spans = route.spans ?? (route.name === undefined ? instance.spans : 'stream');
  return {
    type: route.type ?? 'sse',
    ownSpan: spans === 'stream' ? { name: route.name } : undefined,
    milestoneEvery: route.milestoneEvery ?? instance.milestoneEvery ?? milestoneEvery,
    completeOnShutdown: instance.onShutdown === 'complete',
  };
}
