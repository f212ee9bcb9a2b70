import { inspect } from 'node:util';
import {
  Client,
  compressionAlgorithms,
  credentials,
  Metadata,
  status,
  type ChannelCredentials,
  type ChannelOptions,
  type ServiceError,
} from '@grpc/grpc-js';
import { OTLP_TIMEOUT_MILLIS } from '../config/defaults.js';
import type { ExporterOfType, OtlpExporterConfig, TlsConfig } from '../config/exporter-config.js';
import { LIBRARY_NAME, LIBRARY_VERSION } from '../base/library.js';
import { runAsExport } from '../context/export-context.js';
import { OTLP_METRICS, OTLP_TRACES } from './failures/destination.js';
import type { ExportFailure } from './failures/export-failure.js';
import { classifyGrpcStatus, strangeAnswerFailure } from './failures/grpc-failure.js';
import { timeoutFailure } from './failures/network-failure.js';
import { checkTls, parseEndpoint, unusableHeader, type Endpoint } from './endpoint.js';
import { ReceiverWords } from './receiver-words.js';
import { readExportResponse, readRpcStatus } from './response.js';
import type { OtlpSignal, OtlpTransport, SendResult } from './transport.js';

const METHODS: Readonly<Record<OtlpSignal, string>> = {
  traces: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
  metrics: '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export',
};

/**
 * The most bytes of an answer; real answers have a few. The odd number distinguishes this limit from a
 * receiver's in error messages.
 */
const MAX_ANSWER_BYTES = 1_000_003;

/** Options of the gRPC channel. By default grpc-js would wait up to two minutes before it reconnects. */
const CHANNEL_OPTIONS: ChannelOptions = {
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 500,
  'grpc.dns_min_time_between_resolutions_ms': 2_000,
  // The queue retries and counts; grpc-js must not.
  'grpc.enable_retries': 0,
  'grpc.service_config_disable_resolution': 1,
  'grpc.max_send_message_length': -1,
  'grpc.max_receive_message_length': MAX_ANSWER_BYTES,
  'grpc.primary_user_agent': `${LIBRARY_NAME}/${LIBRARY_VERSION}`,
};

const asIs = (bytes: Buffer): Buffer => bytes;

/** Sends OTLP over gRPC. It uses a plain grpc-js client that sends bytes unchanged. */
export class GrpcTransport implements OtlpTransport {
  readonly target: string;
  readonly encoding = 'protobuf';
  private readonly endpoint: Endpoint;
  private readonly metadata: Metadata;
  private readonly words: ReceiverWords;
  private readonly channelCredentials: ChannelCredentials;
  private readonly channelOptions: ChannelOptions;
  private readonly timeoutMillis: number;
  private client: Client;
  private closed = false;

  constructor(
    config: OtlpExporterConfig | ExporterOfType<'jaeger'>,
    private readonly signal: OtlpSignal = 'traces',
  ) {
    this.endpoint = parseEndpoint(config.url ?? defaultUrl(config));
    this.target = this.endpoint.shown;
    const headers = config.headers ?? {};
    this.words = new ReceiverWords(this.endpoint.url, headers);
    this.metadata = toMetadata(headers, this.endpoint.authorization);
    this.channelCredentials = toCredentials(this.endpoint, 'tls' in config ? config.tls : undefined);
    const gzip = 'compression' in config && config.compression === 'gzip';
    this.channelOptions = gzip
      ? { ...CHANNEL_OPTIONS, 'grpc.default_compression_algorithm': compressionAlgorithms.gzip }
      : CHANNEL_OPTIONS;
    this.timeoutMillis = config.timeoutMillis ?? OTLP_TIMEOUT_MILLIS;
    this.client = this.connect();
  }

  sendRequest(body: Buffer, timeoutMillis = Infinity): Promise<SendResult> {
    const limit = Math.min(timeoutMillis, this.timeoutMillis);
    const begun = performance.now();
    const { client } = this;
    return new Promise((resolve) => {
      const finish = (error: ServiceError | null, response?: Buffer): void => {
        const latencyMillis = performance.now() - begun;
        if (error === null) {
          const { rejected, message } = readExportResponse(response ?? Buffer.alloc(0));
          resolve({ ok: true, latencyMillis, rejected, message: this.words.quote(message) });
          return;
        }
        // A connection without an answer may be half dead, so the next request opens a new one.
        if (error.code === status.DEADLINE_EXCEEDED) this.reconnect(client);
        resolve({ ok: false, latencyMillis, failure: this.explain(error, limit) });
      };
      try {
        client.makeUnaryRequest(
          METHODS[this.signal],
          asIs,
          asIs,
          body,
          this.metadata,
          { deadline: Date.now() + limit },
          finish,
        );
      } catch {
        // A closed client throws, and its text may quote the metadata.
        finish({
          code: status.CANCELLED,
          details: 'the connection is closed',
          metadata: new Metadata(),
        } as ServiceError);
      }
    });
  }

  /** Returns only the target, since the transport holds credentials. */
  toJSON(): object {
    return { target: this.target };
  }

  [inspect.custom](): string {
    return `GrpcTransport to ${this.target}`;
  }

  close(): void {
    this.closed = true;
    this.client.close();
  }

  private explain(error: ServiceError, limit: number): ExportFailure {
    const destination = this.signal === 'traces' ? OTLP_TRACES : OTLP_METRICS;
    if (error.code === status.DEADLINE_EXCEEDED && /^Deadline exceeded/i.test(error.details)) {
      return { ...timeoutFailure(limit, destination), code: 'DEADLINE_EXCEEDED' };
    }
    // The client itself reports this limit; no receiver has it.
    if (error.details.endsWith(`vs ${MAX_ANSWER_BYTES})`)) return strangeAnswerFailure(destination);
    const [encoded] = error.metadata.get('grpc-status-details-bin');
    const info = encoded instanceof Buffer ? readRpcStatus(encoded) : undefined;
    const words = this.words.quote(error.details);
    return classifyGrpcStatus(error.code, words, info?.retryAfterMillis, destination);
  }

  private connect(options = this.channelOptions): Client {
    const { url } = this.endpoint;
    const port = url.port === '' ? (url.protocol === 'https:' ? '443' : '4317') : url.port;
    return runAsExport(() => new Client(`${url.hostname}:${port}`, this.channelCredentials, options));
  }

  private reconnect(stale: Client): void {
    if (this.closed || this.client !== stale) return;
    // Clients with the same address and options share a connection, so another client would keep the broken
    // one alive.
    this.client = this.connect({ ...this.channelOptions, 'grpc.use_local_subchannel_pool': 1 });
    stale.close();
  }
}

function defaultUrl(config: OtlpExporterConfig | ExporterOfType<'jaeger'>): string {
  return `http://${('host' in config ? config.host : undefined) ?? 'localhost'}:4317`;
}

function toMetadata(headers: Readonly<Record<string, string>>, authorization: string | undefined): Metadata {
  const metadata = new Metadata();
  if (authorization !== undefined) metadata.set('authorization', authorization);
  for (const [name, value] of Object.entries(headers)) {
    try {
      metadata.set(name, value);
    } catch {
      throw unusableHeader(name);
    }
  }
  return metadata;
}

function toCredentials({ url }: Endpoint, tls: TlsConfig | undefined): ChannelCredentials {
  if (url.protocol === 'http:') return credentials.createInsecure();
  if (tls !== undefined) checkTls(tls);
  return credentials.createSsl(toBuffer(tls?.ca), toBuffer(tls?.key), toBuffer(tls?.cert));
}

function toBuffer(value: string | Uint8Array | undefined): Buffer | null {
  return value === undefined ? null : Buffer.from(value as string);
}
