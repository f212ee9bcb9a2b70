import { Logger } from '@nestjs/common';
import type { AbstractHttpAdapter } from '@nestjs/core';
import type { OpenStreams } from '../../http/stream-registry.js';

/** The longest time for a client to read the last events of a completed stream, in milliseconds. */
const MAX_GRACE_MILLIS = 1000;

/** The instances of an app, as far as the closing server needs them. */
export interface ClosingInstances {
  /** The longest `shutdown.timeoutMillis` of all instances. */
  readonly timeoutMillis: number;
  /** Delivers the ended spans. */
  flush(): Promise<unknown>;
}

/**
 * Ends open streams when the app's server closes. Nest closes it after all `beforeApplicationShutdown`
 * hooks, so the app can send last events before.
 *
 * Streams with `onShutdown: 'complete'` are completed. Other streams are left alone and may keep the server
 * open; when the time is over, their spans end and are delivered.
 */
export function watchClosingServer(
  adapter: AbstractHttpAdapter,
  streams: OpenStreams,
  instances: ClosingInstances,
): void {
  const close = adapter.close.bind(adapter) as () => unknown;
  adapter.close = async (): Promise<unknown> => {
    const { timeoutMillis } = instances;
    await streams.shutDown(Math.min(MAX_GRACE_MILLIS, timeoutMillis / 2));
    const timer = setTimeout(() => {
      void endOpenStreams(streams, instances);
    }, timeoutMillis);
    try {
      return await close();
    } finally {
      clearTimeout(timer);
    }
  };
}

async function endOpenStreams(streams: OpenStreams, instances: ClosingInstances): Promise<void> {
  const { size } = streams;
  if (size === 0) return;
  streams.endSpans();
  new Logger('TelemetryModule').warn(
    `${size} open streams keep the server from closing; their spans end now, and the streams go on. ` +
      "`sse: { onShutdown: 'complete' }` would end the streams of @Sse routes, " +
      '`forceCloseConnections: true` all of them.',
  );
  await instances.flush();
}
