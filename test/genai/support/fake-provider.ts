import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

/** A request as a provider's server sees it. */
export interface ProviderRequest {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Record<string, unknown>;
}

/** What the server answers. */
export interface ProviderAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  /** Events of a stream, as they stand on the wire. */
  readonly events?: readonly string[];
  /** Cuts the connection after so many events. */
  readonly cutAfter?: number;
  /** Waits for the client to leave after so many events. */
  readonly holdAfter?: number;
  /** Waits for the client to leave before the answer begins. */
  readonly silent?: boolean;
}

/** A provider's server that speaks its wire format: it refuses what the provider would refuse. */
export class FakeProvider {
  readonly requests: ProviderRequest[] = [];
  /** Resolves with the next client that leaves before the end. */
  left: Promise<void> = Promise.resolve();

  private noteAsked: () => void = () => undefined;

  private constructor(
    readonly url: string,
    private answer: (request: ProviderRequest) => ProviderAnswer,
  ) {}

  static async start(answer: (request: ProviderRequest) => ProviderAnswer): Promise<FakeProvider> {
    const server = createServer((request, response) => {
      void provider.serve(request, response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const provider = new FakeProvider(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, answer);
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    return provider;
  }

  /** Resolves with the next request. */
  get asked(): Promise<void> {
    return new Promise((resolve) => (this.noteAsked = resolve));
  }

  answers(answer: (request: ProviderRequest) => ProviderAnswer): void {
    this.answer = answer;
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    const seen: ProviderRequest = {
      path: request.url ?? '',
      headers: request.headers,
      body: JSON.parse(Buffer.concat(pieces).toString() || '{}') as Record<string, unknown>,
    };
    this.requests.push(seen);
    this.noteAsked();
    const { status = 200, headers = {}, json, events, cutAfter, holdAfter, silent } = this.answer(seen);
    if (silent === true) return;
    if (events === undefined) {
      response.writeHead(status, { 'content-type': 'application/json', ...headers });
      response.end(JSON.stringify(json));
      return;
    }
    response.writeHead(200, { 'content-type': 'text/event-stream', ...headers });
    this.left = new Promise((resolve) => response.once('close', resolve));
    response.flushHeaders();
    for (const [index, event] of events.entries()) {
      if (index === cutAfter) {
        // What was written gets through before the connection breaks.
        await new Promise((resolve) => setTimeout(resolve, 5));
        response.destroy();
        return;
      }
      if (index === holdAfter) return;
      await new Promise<void>((resolve) => response.write(event, () => resolve()));
    }
    response.end();
  }
}

/** An event of a stream with data alone. */
export function data(value: unknown): string {
  return `data: ${typeof value === 'string' ? value : JSON.stringify(value)}\n\n`;
}

/** An event of a stream with a name. */
export function event(name: string, value: unknown): string {
  return `event: ${name}\ndata: ${JSON.stringify(value)}\n\n`;
}
