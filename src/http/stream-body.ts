import { Socket } from 'node:net';
import { StreamTrace, type StreamedRequest, type StreamRegistry } from './stream-trace.js';

/** What is common to the methods of both protocols' responses. */
interface Body {
  write: (...args: unknown[]) => boolean;
  end: (...args: unknown[]) => unknown;
}

/**
 * Counts what is written to the response, which makes a stream of every response that is written before it is ended.
 *
 * Most responses are a single `end(body)`: they only pay for the own `write`, which is never called.
 */
export function followBody(trace: StreamedRequest, registry: StreamRegistry): void {
  const { request, response, span } = trace;
  if (request.method === 'HEAD') return;
  const body = response as unknown as Body;
  const { write } = body;
  let source: object | undefined;
  let ending = false;
  body.write = (...args) => {
    const wanted = span.isRecording() || trace.measurement?.wanted === true;
    if (wanted && !response.writableEnded && (!ending || trace.stream !== undefined)) {
      if (trace.stream === undefined) {
        trace.stream = new StreamTrace(trace, registry);
        if (source !== undefined) trace.stream.reads(source);
        if (!endsThroughWrite(request)) followEnd(body, trace);
      }
      trace.stream.wrote(args[0], args[1]);
    }
    return write.apply(response, args);
  };
  if (endsThroughWrite(request)) {
    const { end } = body;
    body.end = (...args) => {
      ending = true;
      return end.apply(response, args);
    };
  }
  response.on('pipe', (from: object) => {
    source = from;
    trace.stream?.reads(from);
  });
}

/** The last piece of a body may come with its end. */
function followEnd(body: Body, trace: StreamedRequest): void {
  const { end } = body;
  body.end = (...args) => {
    const [chunk, encoding] = args;
    if (typeof chunk !== 'function' && !trace.response.writableEnded) trace.stream?.wrote(chunk, encoding);
    return end.apply(trace.response, args);
  };
}

/** So do the responses of HTTP/2 and of Fastify's `inject()`, which has no socket. */
function endsThroughWrite({ httpVersionMajor, socket }: StreamedRequest['request']): boolean {
  return httpVersionMajor >= 2 || !(socket instanceof Socket);
}
