import { applyInEntry } from '../../context/entry.js';
import { CONVENTIONS as C, grpcCode, isGrpcServerFault } from '../../entries/conventions.js';
import type { EntryOutcome, Failure } from '../../entries/entry-facts.js';
import type { EntryTrace } from '../../entries/entry-trace.js';
import type { Method } from '../like-method.js';
import { codeOf } from './message-facts.js';

/** The members of grpc-js's server calls that the library uses. */
export interface ServerCall {
  readonly metadata?: unknown;
  readonly call?: Intercepting;
  emit: Method;
  on(event: string, listener: (...args: unknown[]) => void): unknown;
  getPath?(): string;
  getDeadline?(): unknown;
}

/** The inner part of a call: interceptors around the HTTP/2 stream. */
interface Intercepting {
  readonly nextCall?: Intercepting;
  readonly stream?: {
    readonly closed?: boolean;
    readonly sentHeaders?: Headers;
    readonly sentTrailers?: Headers;
    on(event: 'close', listener: () => void): unknown;
  };
}

type Headers = Readonly<Record<string, unknown>>;

const OK = 0;
const CANCELLED = 1;
const UNKNOWN = 2;
const DEADLINE_EXCEEDED = 4;

/**
 * The tolerated difference in milliseconds, by which a client's clock may end its call before the server's.
 */
const DEADLINE_SLACK_MILLIS = 50;

/**
 * Returns the call among a handler's arguments: the last one of a method, the first one of a pass-through
 * handler.
 */
export function grpcCallOf([first, , third]: readonly unknown[]): ServerCall | undefined {
  return [third, first].find(isServerCall);
}

/** Returns `package.Service/Method` from the call, since decorators do not know the package. */
export function grpcPath(call: ServerCall | undefined): string | undefined {
  return call?.getPath?.().replace(/^\//, '');
}

/**
 * Runs the handler of a call. The entry lasts until the call is over: only the status shows how it ended,
 * and a disconnected client waits for no handler.
 *
 * @param isClosing - whether the app has begun to close
 */
export function untilCallIsOver(
  entry: EntryTrace,
  call: ServerCall | undefined,
  isClosing: () => boolean,
  run: () => unknown,
): unknown {
  const stream = call && streamOf(call);
  if (call === undefined || stream === undefined) return entry.run(run);
  entry.hold();
  const over = (): void => {
    if (isClosing() && sentCode(call) === undefined) entry.abort();
    else entry.finish();
  };
  call.on('cancelled', over);
  stream.on('close', over);
  const { emit } = call;
  // Messages of the client arrive on its connection, which belongs to no entry.
  call.emit = function (...args) {
    return applyInEntry(entry, emit, this, args);
  };
  return entry.run(run);
}

/**
 * Determines a call's outcome from the status that was sent, whatever filters made of the handler's error.
 */
export function grpcOutcome(call: ServerCall | undefined) {
  return (failure: Failure | undefined): EntryOutcome => {
    const code = grpcCode(finalCode(call, failure));
    if (code === undefined) return { attributes: {} };
    const failed = isGrpcServerFault(code);
    return { attributes: { [C.rpcStatusCode]: code, ...(failed ? { [C.errorType]: code } : {}) }, failed };
  };
}

/** Returns the final status code; `undefined` while the call is running. */
function finalCode(call: ServerCall | undefined, failure: Failure | undefined): number | undefined {
  const stream = call && streamOf(call);
  if (call === undefined || stream === undefined) {
    const given = failure === undefined ? OK : codeOf(failure.error);
    return grpcCode(given) === undefined ? UNKNOWN : (given as number);
  }
  const sent = sentCode(call);
  if (sent !== undefined || stream.closed !== true) return sent;
  const left = Number(call.getDeadline?.()) - Date.now();
  return left <= DEADLINE_SLACK_MILLIS ? DEADLINE_EXCEEDED : CANCELLED;
}

function sentCode(call: ServerCall): number | undefined {
  const { sentTrailers, sentHeaders } = streamOf(call) ?? {};
  const code = sentTrailers?.['grpc-status'] ?? sentHeaders?.['grpc-status'];
  return code === undefined ? undefined : Number(code);
}

function streamOf({ call }: ServerCall): Intercepting['stream'] {
  let inner = call;
  while (inner !== undefined && inner.stream === undefined) inner = inner.nextCall;
  return typeof inner?.stream?.on === 'function' ? inner.stream : undefined;
}

function isServerCall(value: unknown): value is ServerCall {
  if (typeof value !== 'object' || value === null) return false;
  const { on, metadata } = value as Partial<ServerCall>;
  return typeof on === 'function' && metadata !== undefined;
}
