import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

/** A request that came. */
export interface ZipkinRequest {
  readonly path: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly spans: readonly Record<string, unknown>[];
}

/**
 * A Zipkin as strict as the real one, which was asked: version 3.5.1 answers 400 with these words for a time
 * that is no whole number, an id that is not hexadecimal, or a body that is no list; else 202.
 */
export class ZipkinReceiver {
  readonly requests: ZipkinRequest[] = [];
  /** Answered to each request in the place of what Zipkin would say. */
  answer: { status: number; body?: string } | undefined;

  private constructor(private readonly server: Server) {}

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  static async start(): Promise<ZipkinReceiver> {
    const server = createServer((request, response) => {
      let text = '';
      request.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      request.on('end', () => {
        const problem = problemOf(text);
        const { answer } = receiver;
        response.setHeader('content-type', 'text/*');
        if (answer !== undefined) response.writeHead(answer.status).end(answer.body);
        else if (request.url !== '/api/v2/spans') response.writeHead(404).end();
        else if (problem !== undefined) response.writeHead(400).end(problem);
        else response.writeHead(202).end();
        if (problem !== undefined) return;
        receiver.requests.push({ path: request.url, headers: request.headers, spans: JSON.parse(text) });
      });
    });
    const receiver = new ZipkinReceiver(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => {
      server.close();
      server.closeAllConnections();
    });
    return receiver;
  }
}

function problemOf(text: string): string | undefined {
  const body = JSON.parse(text) as unknown;
  if (!Array.isArray(body)) return 'Expected a JSON_V2 encoded list';
  for (const [index, span] of (body as Record<string, unknown>[]).entries()) {
    const times: [string, unknown][] = [
      ['timestamp', span['timestamp']],
      ['duration', span['duration']],
      ...((span['annotations'] ?? []) as { timestamp: unknown }[]).map(
        ({ timestamp }, at): [string, unknown] => [`annotations[${at}].timestamp`, timestamp],
      ),
    ];
    for (const [path, time] of times) {
      if (!Number.isSafeInteger(time)) {
        return `Expected a long but was ${String(time)} at line 1 path $[${index}].${path} reading List<Span> from json`;
      }
    }
    // Taken by the real one, which then shows a span without a length.
    if ((span['duration'] as number) < 1) return `a duration of ${String(span['duration'])}`;
    for (const id of [span['traceId'], span['id'], span['parentId'] ?? '1']) {
      if (!/^[0-9a-f]{1,32}$/.test(String(id)) || /^0+$/.test(String(id))) {
        return `${String(id)} should be lower-hex encoded with no prefix reading List<Span> from json`;
      }
    }
  }
  return undefined;
}
