import { Socket } from 'node:net';
import { applyInEntry, entryOf } from '../context/entry.js';
import { emitOf } from './request-listeners.js';
import { SseTrace } from './stream-sse.js';
import { StreamTrace, type BodySource, type StreamedRequest } from './stream-trace.js';

const TRACE = Symbol('nestjs-telemetry.trace');

/**
 * The methods that responses of both protocols share. All responses share the functions below, so that an
 * open stream costs no closure.
 */
interface Body {
  [TRACE]?: StreamedRequest;
  emit: (...args: unknown[]) => boolean;
  write: (...args: unknown[]) => boolean;
  end: (...args: unknown[]) => unknown;
  destroy: (...args: unknown[]) => unknown;
}

/**
 * Ends the request with its response, and counts what is written to it, which makes a stream of every
 * response that is written before it is ended. Its listeners run in the context of the request, as those of
 * the request do.
 *
 * Ours are the first to be called last: what others put in front of `write` and `end` later calls them.
 */
export function followResponse(trace: StreamedRequest): void {
  const { request, response } = trace;
  const body = response as unknown as Body;
  body[TRACE] = trace;
  body.emit = emit;
  if (response.socket === null && request.socket instanceof Socket) endWithConnection(trace, request.socket);
  if (request.method === 'HEAD') return;
  body.write = write;
  body.end = end;
  body.destroy = destroy;
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
function emit(this: Body, ...args: unknown[]): boolean {
  const trace = traceOf(this);
  switch (args[0]) {
    case 'close':
      trace.end();
      break;
    case 'finish':
      // Responses of serverless adapters are never closed, and may finish before `end` has returned.
      if (isServerless(trace.request)) queueMicrotask(() => trace.end());
      break;
    case 'pipe':
      // An `@Sse` route's Observable knows why it failed.
      if (trace.sse === undefined) trace.source = args[1] as BodySource;
      break;
    case 'unpipe':
      releaseSource(trace, args[1]);
  }
  return applyInEntry(entryOf(this), emitOf(this, emit), this, args);
}

/** The only one that is called for each piece: without a list of arguments. */
function write(this: Body, chunk: unknown, encoding: unknown, callback: unknown): boolean {
  const trace = traceOf(this);
  if (!trace.response.writableEnded) (trace.stream ?? begin(trace))?.wrote(chunk, encoding);
  return original(this).write.call(this, chunk, encoding, callback);
}

/** The first piece makes the response a stream; absent if none is traced, or if it is all there is. */
function begin(trace: StreamedRequest): StreamTrace | undefined {
  if (trace.ending || !(trace.span.isRecording() || trace.measurement?.wanted === true)) return undefined;
  const { sse } = trace;
  return (trace.stream = sse === undefined ? new StreamTrace(trace) : new SseTrace(trace, sse));
}

/** The last piece of a body may come with its end. */
function end(this: Body, ...args: unknown[]): unknown {
  const trace = traceOf(this);
  const [chunk, encoding] = args;
  if (endsThroughWrite(trace.request)) trace.ending = true;
  else if (isChunk(chunk) && !trace.response.writableEnded) trace.stream?.wrote(chunk, encoding);
  return original(this).end.apply(this, args);
}

/** `end` may be called without one, or with a callback alone. */
function isChunk(argument: unknown): boolean {
  return typeof argument === 'string' || argument instanceof Uint8Array;
}

/** Called by the server alone: a client that leaves only closes the response. */
function destroy(this: Body, ...args: unknown[]): unknown {
  const trace = traceOf(this);
  if (!trace.response.writableEnded) trace.stream?.destroyed();
  return original(this).destroy.apply(this, args);
}

/** Forgets a source that is unpiped before the response has ended; a body may have any number of sources. */
function releaseSource(trace: StreamedRequest, source: unknown): void {
  if (trace.source !== source) return;
  const errored = trace.source?.errored;
  if (trace.response.writableEnded || (errored !== undefined && errored !== null)) return;
  trace.source = undefined;
}

function traceOf(body: Body): StreamedRequest {
  return body[TRACE] as StreamedRequest;
}

/** Looked up when called: frameworks give responses another prototype. */
function original(body: Body): Body {
  return Object.getPrototypeOf(body) as Body;
}

/** So do the responses of HTTP/2 and of Fastify's `inject()`, which has no socket. */
function endsThroughWrite(request: StreamedRequest['request']): boolean {
  return request.httpVersionMajor >= 2 || isServerless(request);
}

function isServerless({ httpVersionMajor, socket }: StreamedRequest['request']): boolean {
  return httpVersionMajor < 2 && !(socket instanceof Socket);
}
