import type { EntryTrace } from '../../entries/entry-trace.js';

/** The call of grpc-js that a pass-through handler writes to by itself. */
interface ServerCall {
  readonly metadata?: unknown;
  on(event: string, listener: (...args: unknown[]) => void): unknown;
}

type Callback = (error: unknown, ...rest: unknown[]) => unknown;

/**
 * Runs a gRPC handler. One of `@GrpcStreamCall` gets the call itself: its entry lasts until the call is over,
 * by the callback or by the stream's end.
 */
export function endGrpcCall(
  entry: EntryTrace,
  args: readonly unknown[],
  run: (args: readonly unknown[]) => unknown,
): unknown {
  const [call, callback] = args;
  if (!isServerCall(call)) return run(args);
  entry.hold();
  let open = true;
  const end = (error?: unknown): void => {
    if (!open) return;
    open = false;
    if (error !== undefined && error !== null) entry.fail(error);
    entry.release();
  };
  for (const event of ['finish', 'cancelled', 'close']) {
    call.on(event, () => {
      end();
    });
  }
  if (typeof callback !== 'function') return run(args);
  const told: Callback = (error, ...rest) => {
    end(error);
    return (callback as Callback)(error, ...rest);
  };
  return run([call, told, ...args.slice(2)]);
}

function isServerCall(value: unknown): value is ServerCall {
  if (typeof value !== 'object' || value === null) return false;
  const { on, metadata } = value as Partial<ServerCall>;
  return typeof on === 'function' && metadata !== undefined;
}
