import { Socket } from 'node:net';
import { applyInEntry, stampEntry } from '../context/entry.js';
import { activeContext } from '../context/flow-context.js';
import { propertyOf } from './property-of.js';
import { inherited } from './request-listeners.js';
import type { RequestTrace } from './request-trace.js';
import { requestTraceOf } from './request-trace-of.js';
import { SseTrace } from './stream-sse.js';
import { StreamTrace, type BodySource, type StreamedRequest } from './stream-trace.js';

/** The methods that responses of both protocols share. */
interface Body {
  emit: (this: Body, ...args: unknown[]) => boolean;
  write: (this: Body, chunk: unknown, encoding: unknown, callback: unknown) => boolean;
  end: (this: Body, ...args: unknown[]) => unknown;
}

/**
 * Follows a response: ends the request with it and measures its body. A response with a write before its
 * end counts as a stream. Its listeners run in the request's context, as those of the request do.
 *
 * These wrappers are installed first, so wrappers of `write` and `end` from other code call them. All
 * responses share them, see `request-listeners.ts`.
 */
export function followResponse(trace: StreamedRequest): void {
  const { request, response } = trace;
  const body = response as unknown as Body;
  stampEntry(body, trace);
  body.emit = emit;
  if (response.socket === null && request.socket instanceof Socket) endWithConnection(trace, request.socket);
  if (request.method === 'HEAD') return;
  body.write = write;
  body.end = end;
}

function emit(this: Body, ...args: unknown[]): boolean {
  const trace = traceOf(this);
  if (trace !== undefined) heard(trace, args[0], args[1]);
  return applyInEntry(trace, inherited(this, 'emit', emit), this, args);
}

/** This wrapper alone runs for each chunk, so it avoids a list of arguments. */
function write(this: Body, chunk: unknown, encoding: unknown, callback: unknown): boolean {
  const trace = traceOf(this);
  if (trace !== undefined && propertyOf(this, 'writableEnded') !== true)
    (trace.stream ?? begin(trace))?.wrote(chunk, encoding);
  return inherited(this, 'write', write).call(this, chunk, encoding, callback);
}

function end(this: Body, ...args: unknown[]): unknown {
  const trace = traceOf(this);
  if (trace?.description.endsThroughWrite === true) trace.ending = true;
  else if (trace?.stream !== undefined) wroteLast(trace.stream, args[0], args[1]);
  return inherited(this, 'end', end).apply(this, args);
}

/** Returns a response's request. The active entry is tried first: a look-up by the response costs more. */
function traceOf(body: object): RequestTrace | undefined {
  const running = activeContext().flow?.entry as RequestTrace | undefined;
  // No other kind of entry has a response.
  if (running?.response === body) return running;
  return requestTraceOf(body);
}

/** Requests whose responses wait for earlier ones on the same connection, as with pipelining. */
const queues = new WeakMap<Socket, Set<StreamedRequest>>();

/** Ends a request with its connection, since a response whose turn never came is not closed. */
function endWithConnection(trace: StreamedRequest, socket: Socket): void {
  let queue = queues.get(socket);
  if (queue === undefined) {
    queues.set(socket, (queue = new Set()));
    // One listener for all requests, since clients choose how many there are.
    socket.once('close', endQueue);
  }
  const queued = queue.add(trace);
  trace.response.once('close', () => queued.delete(trace));
}

function endQueue(this: Socket): void {
  for (const trace of queues.get(this) ?? []) trace.end();
}

/** Observes events of a response before any listener runs, without being a listener. */
function heard(trace: StreamedRequest, event: unknown, argument: unknown): void {
  switch (event) {
    case 'close':
      trace.end();
      break;
    case 'finish':
      // Responses of serverless adapters never close, and may finish before `end` has returned.
      if (trace.description.serverless) queueMicrotask(() => trace.end());
      break;
    case 'pipe':
      // The Observable of an `@Sse` route reports its own failure.
      if (trace.sse === undefined) trace.source = argument as BodySource;
      break;
    case 'unpipe':
      releaseSource(trace, argument);
  }
}

/**
 * Begins the stream at the first chunk; `undefined` if streams are not traced, or if the chunk is the whole
 * body.
 */
function begin(trace: StreamedRequest): StreamTrace | undefined {
  if (trace.ending || !(trace.span.isRecording() || trace.measurement?.wanted === true)) return undefined;
  const { sse } = trace;
  return (trace.stream = sse === undefined ? new StreamTrace(trace) : new SseTrace(trace, sse));
}

/** Counts the last chunk, which may be passed to `end`; `end` may also get no argument, or a callback. */
function wroteLast(stream: StreamTrace, chunk: unknown, encoding: unknown): void {
  const isChunk = typeof chunk === 'string' || chunk instanceof Uint8Array;
  if (isChunk && !stream.trace.response.writableEnded) stream.wrote(chunk, encoding);
}

/** Forgets a source that is unpiped before the response has ended; a body may have several sources. */
function releaseSource(trace: StreamedRequest, source: unknown): void {
  if (trace.source !== source) return;
  const errored = trace.source?.errored;
  if (trace.response.writableEnded || (errored !== undefined && errored !== null)) return;
  trace.source = undefined;
}
