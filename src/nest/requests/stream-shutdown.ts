import { Logger } from '@nestjs/common';
import type { AbstractHttpAdapter } from '@nestjs/core';
import type { OpenStreams } from '../../http/stream-registry.js';

/** How long a client may take to read the last events of a stream that is completed. */
const MAX_GRACE_MILLIS = 1000;

/** The part of an instance that is needed when the server closes. */
export interface ClosingInstances {
  /** The longest `shutdown.timeoutMillis` of all. */
  readonly timeoutMillis: number;
  /** Delivers what has ended. */
  flush(): Promise<unknown>;
}

/**
 * Sees to open streams when the app's server closes, which Nest does after all `beforeApplicationShutdown`
 * hooks: until then the app may say goodbye to its clients.
 *
 * Streams with `onShutdown: 'complete'` are completed. The others are left alone, and may keep the server
 * open; when the time is up, their spans end and are delivered.
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
