import { endWhenCollected, type StreamSpan } from './stream-span.js';

/** The members of a Node stream, from any stream package, that the library uses. */
export interface NodeReadable {
  readonly destroyed?: boolean;
  readonly errored?: unknown;
  pipe(destination: unknown): unknown;
  read(size?: number): unknown;
  once(event: string, listener: () => void): unknown;
}

/**
 * Ends the span when a Node stream closes. The stream stays unchanged; in particular it gets no `error`
 * listener, which would hide an unhandled failure.
 */
export function spanNodeStream<T extends NodeReadable>(source: T, stream: StreamSpan): T {
  const use = stream.use();
  const finish = (): void => {
    if (source.errored === undefined || source.errored === null) use.end();
    else use.fail(source.errored);
  };
  if (source.destroyed === true) {
    finish();
    return source;
  }
  source.once('close', finish);
  // Streams without `autoDestroy` never close.
  source.once('end', finish);
  endWhenCollected(source, use);
  return source;
}
