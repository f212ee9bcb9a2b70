import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { TelemetryError } from '../../errors.js';
import { DEFAULT_DEVTOOLS_PORT, type DevtoolsOptions } from '../devtools-options.js';
import { announce } from '../discovery.js';
import type { Recorder } from '../recorder.js';
import { answer, answerError, answerJson, HttpError } from './answer.js';
import { answerApi } from './api.js';
import { LiveFeed } from './live-feed.js';
import { loadPage } from './page.js';
import { RequestGuard } from './request-guard.js';

/** The number of further ports that are tried. */
const PORTS = 20;
const HEADERS_TIMEOUT_MILLIS = 5000;

/**
 * Serves the page and the API of a {@link Recorder}. The server and its connections do not keep the process
 * alive.
 */
export class DevtoolsServer {
  private readonly guard: RequestGuard;
  private readonly feed: LiveFeed;
  private readonly server: Server;
  private readonly host: string;
  private withdraw = (): void => undefined;

  private constructor(
    private readonly recorder: Recorder,
    options: DevtoolsOptions,
  ) {
    this.host = options.host ?? '127.0.0.1';
    this.guard = new RequestGuard(this.host, options.token);
    this.feed = new LiveFeed((version) => recorder.changesSince(version));
    this.server = createServer({ headersTimeout: HEADERS_TIMEOUT_MILLIS }, (request, response) => {
      this.handle(request, response).catch((error: unknown) => answerError(response, error));
    });
    this.server.on('connection', (socket) => socket.unref());
  }

  /**
   * Starts the server.
   *
   * @throws TelemetryError `TELEMETRY_DEVTOOLS_UNAVAILABLE` if no port is free, or the address does not
   *   belong to this machine
   */
  static async start(recorder: Recorder, options: DevtoolsOptions = {}): Promise<DevtoolsServer> {
    const started = new DevtoolsServer(recorder, options);
    await started.listen(options.port ?? DEFAULT_DEVTOOLS_PORT, options.port === 0 ? 1 : PORTS);
    started.server.unref();
    started.withdraw = announce({ origin: started.origin, token: started.token, pid: process.pid });
    return started;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get token(): string {
    return this.guard.token;
  }

  /** The page's address without the token. */
  get origin(): string {
    const name = this.host.includes(':') ? `[${this.host}]` : this.host;
    return `http://${name}:${this.port}`;
  }

  /** The address to open in a browser, with the token. */
  get url(): string {
    return `${this.origin}/?token=${encodeURIComponent(this.token)}`;
  }

  async close(): Promise<void> {
    this.feed.close();
    this.withdraw();
    if (!this.server.listening) return;
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    this.server.closeAllConnections();
    await closed;
  }

  /** Listens on a port, or on a further one if the first is taken and the user did not choose it. */
  private async listen(port: number, attempts: number): Promise<void> {
    for (let attempt = 0; ; attempt += 1) {
      try {
        await this.listenAt(port === 0 ? 0 : port + attempt);
        return;
      } catch (error) {
        const taken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
        if (taken && attempt + 1 < attempts) continue;
        throw new TelemetryError(
          'TELEMETRY_DEVTOOLS_UNAVAILABLE',
          `Devtools cannot listen on ${this.host}:${port}: ${(error as Error).message}. ` +
            'Pass another `devtools: { port, host }`, or 0 for any free port.',
          { cause: error },
        );
      }
    }
  }

  private listenAt(port: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(port, this.host, () => {
        this.server.off('error', reject);
        // Without this listener, a socket's failure would become an error of the app.
        this.server.on('error', () => undefined);
        resolve();
      });
    });
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = URL.parse(request.url ?? '/', 'http://localhost');
    if (url === null) throw new HttpError(400, 'The address cannot be read.');
    const offered = url.pathname === '/' ? (url.searchParams.get('token') ?? undefined) : undefined;
    const refusal = this.guard.refuse(request, this.port, offered);
    if (refusal !== undefined) {
      answerJson(response, { error: refusal.message }, refusal.status);
      return;
    }
    if (offered !== undefined) {
      this.welcome(response, offered);
      return;
    }
    if (url.pathname === '/api/live') {
      if (!this.feed.add(response)) throw new HttpError(429, 'Too many pages are open.');
      return;
    }
    if (url.pathname.startsWith('/api/')) await answerApi(this.recorder, url, request, response);
    else await this.file(url.pathname, request, response);
  }

  /** Moves the token into a cookie, so that it stays in no history and in no shared address. */
  private welcome(response: ServerResponse, token: string): void {
    const pair = `${this.guard.cookieName(this.port)}=${encodeURIComponent(token)}`;
    const cookie = `${pair}; Path=/; HttpOnly; SameSite=Strict`;
    answer(response, 303, 'text/plain', '', { 'set-cookie': cookie, location: '/' });
  }

  private async file(path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method !== 'GET' && request.method !== 'HEAD') throw new HttpError(405, 'Only GET is taken.');
    const file = (await loadPage()).get(path);
    if (file === undefined) throw new HttpError(404, 'There is nothing here.');
    answer(response, 200, file.type, file.body);
  }
}
