import http, { type ClientRequest, type IncomingMessage } from 'node:http';
import https from 'node:https';
import { inspect, promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { OTLP_HTTP_URL, OTLP_TIMEOUT_MILLIS } from '../config/defaults.js';
import type { OtlpExporterConfig } from '../config/exporter-config.js';
import { LIBRARY_NAME, LIBRARY_VERSION } from '../base/library.js';
import { OTLP_METRICS, OTLP_TRACES, type Destination } from './failures/destination.js';
import type { ExportFailure } from './failures/export-failure.js';
import { classifyHttpStatus, webPageFailure } from './failures/http-failure.js';
import { classifyNetworkError, timeoutFailure } from './failures/network-failure.js';
import { asPem, checkTls, parseEndpoint, unusableHeader, type Endpoint } from './endpoint.js';
import { ReceiverWords } from './receiver-words.js';
import { readExportResponse, readJsonExportResponse, readRpcStatus } from './response.js';
import type { OtlpSignal, OtlpTransport, SendResult } from './transport.js';

/** The most bytes of a response that are read. No OTLP receiver sends a longer one. */
const MAX_RESPONSE_BYTES = 64 * 1_024;

const compress = promisify(gzip);

class RequestTimeout extends Error {}

/** Sends OTLP over HTTP/1.1 as protobuf or JSON, on persistent connections. */
export class HttpTransport implements OtlpTransport {
  readonly target: string;
  readonly encoding: 'protobuf' | 'json';
  private readonly endpoint: Endpoint;
  private readonly headers: Record<string, string>;
  private readonly words: ReceiverWords;
  private readonly agent: http.Agent;
  private readonly secure: boolean;
  private readonly gzip: boolean;
  private readonly timeoutMillis: number;
  private readonly requests = new Set<ClientRequest>();
  private closed = false;

  /** @param destination - the receiver's names in failures; default: an OTLP receiver of the signal */
  constructor(
    config: OtlpExporterConfig,
    signal: OtlpSignal = 'traces',
    private readonly destination: Destination = signal === 'traces' ? OTLP_TRACES : OTLP_METRICS,
  ) {
    this.endpoint = parseEndpoint(withPath(config.url ?? OTLP_HTTP_URL, signal));
    this.target = this.endpoint.shown;
    this.encoding = config.type === 'otlp-http-json' ? 'json' : 'protobuf';
    this.gzip = config.compression === 'gzip';
    this.secure = this.endpoint.url.protocol === 'https:';
    this.words = new ReceiverWords(this.endpoint.url, config.headers);
    this.headers = this.requestHeaders(config.headers ?? {});
    this.agent = this.secure ? secureAgent(config) : new http.Agent({ keepAlive: true });
    this.timeoutMillis = config.timeoutMillis ?? OTLP_TIMEOUT_MILLIS;
  }

  async sendRequest(body: Buffer, timeoutMillis = Infinity): Promise<SendResult> {
    const begun = performance.now();
    const limit = Math.min(timeoutMillis, this.timeoutMillis);
    try {
      const payload = this.gzip ? await compress(body) : body;
      const response = await this.request(payload, limit, true);
      const latencyMillis = performance.now() - begun;
      const status = response.statusCode ?? 0;
      if (status >= 200 && status < 300) {
        if (isWebPage(response)) {
          return { ok: false, latencyMillis, failure: webPageFailure(status, this.destination) };
        }
        const { rejected, message } = readSuccess(response);
        return { ok: true, latencyMillis, rejected, message: this.words.quote(message) };
      }
      return { ok: false, latencyMillis, failure: this.explain(status, response) };
    } catch (error) {
      const failure =
        error instanceof RequestTimeout
          ? timeoutFailure(limit, this.destination)
          : classifyNetworkError(error, this.destination);
      return { ok: false, latencyMillis: performance.now() - begun, failure };
    }
  }

  /** Returns only the target, since the transport holds credentials. */
  toJSON(): object {
    return { target: this.target };
  }

  [inspect.custom](): string {
    return `HttpTransport to ${this.target}`;
  }

  close(): void {
    this.closed = true;
    for (const request of this.requests) request.destroy();
    this.agent.destroy();
  }

  private request(body: Buffer, limitMillis: number, mayRepeat: boolean): Promise<ReadResponse> {
    return new Promise((resolve, reject) => {
      // The transport may have been closed during compression, or by an earlier failure.
      if (this.closed) throw new Error('the transport is closed');
      const request = (this.secure ? https : http).request(this.endpoint.url, {
        method: 'POST',
        agent: this.agent,
        headers: { ...this.headers, 'content-length': body.length },
      });
      this.requests.add(request);
      const timer = setTimeout(() => request.destroy(new RequestTimeout()), limitMillis).unref();
      const done = (): void => {
        clearTimeout(timer);
        this.requests.delete(request);
      };
      request.on('response', (response) => {
        readBody(response).then(resolve, reject).finally(done);
      });
      // Without a listener, Node closes the connection silently.
      request.on('upgrade', ({ statusCode, headers }, socket) => {
        socket.destroy();
        done();
        resolve({ statusCode, headers, body: Buffer.alloc(0) });
      });
      request.on('error', (error: NodeJS.ErrnoException) => {
        done();
        // The receiver closed an idle connection just when it was used again.
        const stale = request.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
        if (mayRepeat && stale) this.request(body, limitMillis, false).then(resolve, reject);
        else reject(error);
      });
      request.end(body);
    });
  }

  private explain(status: number, { body, headers }: ReadResponse): ExportFailure {
    const isProtobuf = headers['content-type']?.includes('protobuf') === true;
    const rpc = isProtobuf ? readRpcStatus(body) : undefined;
    const isText = /json|text\/(?:plain|\*)/.test(headers['content-type'] ?? 'text/plain');
    const said = rpc?.message ?? (isText ? body.toString('utf8') : '');
    const words = this.words.quote(said);
    const failure = classifyHttpStatus(status, headers['retry-after'], words, this.destination);
    if (!failure.retryable || failure.retryAfterMillis !== undefined || rpc?.retryAfterMillis === undefined)
      return failure;
    return { ...failure, retryAfterMillis: rpc.retryAfterMillis };
  }

  private requestHeaders(configured: Readonly<Record<string, string>>): Record<string, string> {
    const headers: Record<string, string> = {
      'user-agent': `${LIBRARY_NAME}/${LIBRARY_VERSION}`,
      'content-type': this.encoding === 'json' ? 'application/json' : 'application/x-protobuf',
    };
    if (this.gzip) headers['content-encoding'] = 'gzip';
    if (this.endpoint.authorization !== undefined) headers['authorization'] = this.endpoint.authorization;
    for (const [name, value] of Object.entries(configured)) {
      try {
        http.validateHeaderName(name);
        http.validateHeaderValue(name, value);
      } catch {
        throw unusableHeader(name);
      }
      headers[name.toLowerCase()] = value;
    }
    return headers;
  }
}

function withPath(url: string, signal: OtlpSignal): string {
  return /^https?:\/\/[^/?#]+$/i.test(url) ? `${url}/v1/${signal}` : url;
}

function secureAgent({ tls }: OtlpExporterConfig): https.Agent {
  if (tls !== undefined) checkTls(tls);
  return new https.Agent({
    keepAlive: true,
    ...(tls?.ca !== undefined && { ca: asPem(tls.ca) }),
    ...(tls?.cert !== undefined && { cert: asPem(tls.cert) }),
    ...(tls?.key !== undefined && { key: asPem(tls.key) }),
  });
}

interface ReadResponse {
  readonly statusCode: number | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

async function readBody(response: IncomingMessage): Promise<ReadResponse> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    if (size < MAX_RESPONSE_BYTES) chunks.push(chunk);
    size += chunk.length;
    // No OTLP receiver sends this much, so the rest is not read.
    if (size > 16 * MAX_RESPONSE_BYTES) break;
  }
  return { statusCode: response.statusCode, headers: response.headers, body: Buffer.concat(chunks) };
}

/** Whether a response is a web page: a wrong path or a login page may answer every request with success. */
function isWebPage({ headers }: ReadResponse): boolean {
  return headers['content-type']?.includes('text/html') === true;
}

function readSuccess({ headers, body }: ReadResponse): ReturnType<typeof readExportResponse> {
  return headers['content-type']?.includes('json') === true
    ? readJsonExportResponse(body.toString('utf8'))
    : readExportResponse(headers['content-type']?.includes('protobuf') === true ? body : Buffer.alloc(0));
}
