import { Socket } from 'node:net';
import { StreamTrace, type StreamedRequest, type StreamRegistry } from './stream-trace.js';

const FOLLOWER = Symbol('nestjs-telemetry.follower');

/** What is common to the methods of both protocols' responses. */
interface Body {
  [FOLLOWER]?: Follower;
  write: (...args: unknown[]) => boolean;
  end: (...args: unknown[]) => unknown;
  destroy: (...args: unknown[]) => unknown;
}

/** What the functions below, which all responses share, know of one: an open stream costs no closure. */
class Follower {
  source: object | undefined;
  ending = false;

  constructor(
    readonly trace: StreamedRequest,
    readonly registry: StreamRegistry,
  ) {}
}

/**
 * Ends the request with its response, and counts what is written to it, which makes a stream of every response that is
 * written before it is ended.
 *
 * Ours are the first to be called last: what others put in front of `write` and `end` later calls them.
 */
export function followResponse(trace: StreamedRequest, registry: StreamRegistry): void {
  const { request, response } = trace;
  const body = response as unknown as Body;
  body[FOLLOWER] = new Follower(trace, registry);
  response.on('close', endTrace);
  if (request.method === 'HEAD') return;
  body.write = write;
  body.end = end;
  body.destroy = destroy;
  response.on('pipe', rememberSource);
}

function endTrace(this: Body): void {
  follower(this).trace.end();
}

/** The only one that is called for each piece: without a list of arguments. */
function write(this: Body, chunk: unknown, encoding: unknown, callback: unknown): boolean {
  const known = follower(this);
  const { trace } = known;
  if (!trace.response.writableEnded) (trace.stream ?? begin(known))?.wrote(chunk, encoding);
  return original(this).write.call(this, chunk, encoding, callback);
}

/** The first piece makes the response a stream; absent if nobody wants to know, or if it is all there is. */
function begin({ trace, registry, source, ending }: Follower): StreamTrace | undefined {
  if (ending || !(trace.span.isRecording() || trace.measurement?.wanted === true)) return undefined;
  trace.stream = new StreamTrace(trace, registry);
  if (source !== undefined) trace.stream.reads(source);
  return trace.stream;
}

/** The last piece of a body may come with its end. */
function end(this: Body, ...args: unknown[]): unknown {
  const known = follower(this);
  const { trace } = known;
  const [chunk, encoding] = args;
  if (endsThroughWrite(trace.request)) known.ending = true;
  else if (isChunk(chunk) && !trace.response.writableEnded) trace.stream?.wrote(chunk, encoding);
  return original(this).end.apply(this, args);
}

/** `end` may be called without one, or with a callback alone. */
function isChunk(argument: unknown): boolean {
  return typeof argument === 'string' || argument instanceof Uint8Array;
}

/** Called by the server alone: a client that leaves only closes the response. */
function destroy(this: Body, ...args: unknown[]): unknown {
  const { trace } = follower(this);
  if (!trace.response.writableEnded) trace.stream?.destroyed();
  return original(this).destroy.apply(this, args);
}

function rememberSource(this: Body, source: object): void {
  const known = follower(this);
  const { trace } = known;
  if (trace.stream?.needsSource === false) return;
  known.source = source;
  trace.stream?.reads(source);
  trace.response.on('unpipe', forgetSource);
}

/** What is unpiped when the response has ended was its source to the end. */
function forgetSource(this: Body): void {
  const known = follower(this);
  const { errored } = (known.source ?? {}) as { errored?: unknown };
  if (known.trace.response.writableEnded || (errored !== undefined && errored !== null)) return;
  known.source = undefined;
  known.trace.stream?.reads(undefined);
}

function follower(body: Body): Follower {
  return body[FOLLOWER] as Follower;
}

/** Looked up when called: frameworks give responses another prototype. */
function original(body: Body): Body {
  return Object.getPrototypeOf(body) as Body;
}

/** So do the responses of HTTP/2 and of Fastify's `inject()`, which has no socket. */
function endsThroughWrite({ httpVersionMajor, socket }: StreamedRequest['request']): boolean {
  return httpVersionMajor >= 2 || !(socket instanceof Socket);
}
