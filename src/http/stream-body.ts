import { Socket } from 'node:net';
import { applyInEntry, entryOf, stampEntry } from '../context/entry.js';
import { activeContext } from '../context/flow-context.js';
import { inherited } from './request-listeners.js';
import { RequestTrace } from './request-trace.js';
import { SseTrace } from './stream-sse.js';
import { StreamTrace, type BodySource, type StreamedRequest } from './stream-trace.js';

/** The methods that responses of both protocols share. */
interface Body {
  emit: (this: Body, ...args: unknown[]) => boolean;
  write: (this: Body, chunk: unknown, encoding: unknown, callback: unknown) => boolean;
  end: (this: Body, ...args: unknown[]) => unknown;
}

/**
 * Ends the request with its response, and counts what is written to it, which makes a stream of every
 * response that is written before it is ended. Its listeners run in the context of the request, as those of
 * the request do.
 *
 * Ours are the first to be called last: what others put in front of `write` and `end` later calls them. They
 * are the same for all responses, see `request-listeners.ts`.
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

/** The only one that is called for each piece: without a list of arguments. */
function write(this: Body, chunk: unknown, encoding: unknown, callback: unknown): boolean {
  const trace = traceOf(this);
  if (trace !== undefined && !trace.response.writableEnded)
    (trace.stream ?? begin(trace))?.wrote(chunk, encoding);
  return inherited(this, 'write', write).call(this, chunk, encoding, callback);
}

function end(this: Body, ...args: unknown[]): unknown {
  const trace = traceOf(this);
  if (trace?.description.endsThroughWrite === true) trace.ending = true;
  else if (trace?.stream !== undefined) wroteLast(trace.stream, args[0], args[1]);
  return inherited(this, 'end', end).apply(this, args);
}

/** The running one most often: to look it up by the response costs more, see `property-of.ts`. */
function traceOf(body: object): RequestTrace | undefined {
  const running = activeContext().flow?.entry;
  const entry = running instanceof RequestTrace && running.response === body ? running : entryOf(body);
  return entry instanceof RequestTrace ? entry : undefined;
}

/**
 * Requests whose responses wait for those before them on a connection, as pipelining clients make them do.
 */
const queues = new WeakMap<Socket, Set<StreamedRequest>>();

/** A response whose turn never came is not closed with its connection. */
function endWithConnection(trace: StreamedRequest, socket: Socket): void {
  let queue = queues.get(socket);
  if (queue === undefined) {
    queues.set(socket, (queue = new Set()));
    // One for all: clients choose how many there are.
    socket.once('close', endQueue);
  }
  const queued = queue.add(trace);
  trace.response.once('close', () => queued.delete(trace));
}

function endQueue(this: Socket): void {
  for (const trace of queues.get(this) ?? []) trace.end();
}

/** Sees what is emitted before any listener does, so that none of ours is among them. */
function heard(trace: StreamedRequest, event: unknown, argument: unknown): void {
  switch (event) {
    case 'close':
      trace.end();
      break;
    case 'finish':
      // Responses of serverless adapters are never closed, and may finish before `end` has returned.
      if (trace.description.serverless) queueMicrotask(() => trace.end());
      break;
    case 'pipe':
      // An `@Sse` route's Observable knows why it failed.
      if (trace.sse === undefined) trace.source = argument as BodySource;
      break;
    case 'unpipe':
      releaseSource(trace, argument);
  }
}

/** The first piece makes the response a stream; absent if none is traced, or if it is all there is. */
function begin(trace: StreamedRequest): StreamTrace | undefined {
  if (trace.ending || !(trace.span.isRecording() || trace.measurement?.wanted === true)) return undefined;
  const { sse } = trace;
  return (trace.stream = sse === undefined ? new StreamTrace(trace) : new SseTrace(trace, sse));
}

/** The last piece of a body may come with its end, which is also called without one, or with a callback. */
function wroteLast(stream: StreamTrace, chunk: unknown, encoding: unknown): void {
  const isChunk = typeof chunk === 'string' || chunk instanceof Uint8Array;
  if (isChunk && !stream.trace.response.writableEnded) stream.wrote(chunk, encoding);
}

/** Forgets a source that is unpiped before the response has ended; a body may have any number of sources. */
function releaseSource(trace: StreamedRequest, source: unknown): void {
  if (trace.source !== source) return;
  const errored = trace.source?.errored;
  if (trace.response.writableEnded || (errored !== undefined && errored !== null)) return;
  trace.source = undefined;
}
