import type { HeaderValues, Secret } from './secret.js';

/** Certificates for a TLS connection, each as PEM text or bytes. */
export interface TlsConfig<Credential extends string | Secret = string> {
  /** Certificate authority that signed the server's certificate; default: the system's. */
  readonly ca?: string | Uint8Array;
  /** Client certificate chain, for mutual TLS; needs `key`. */
  readonly cert?: string | Uint8Array;
  /** Private key of the client certificate; needs `cert`. */
  readonly key?: Credential | Uint8Array;
}

/**
 * An OTLP exporter.
 *
 * @see {@link https://opentelemetry.io/docs/specs/otel/protocol/exporter/ | OTLP exporter configuration}
 */
export interface OtlpExporterConfig<Credential extends string | Secret = string> {
  readonly type: 'otlp-grpc' | 'otlp-http' | 'otlp-http-json';
  /**
   * Where to send, with its scheme: `http://` is plaintext, `https://` is TLS. For the HTTP types this is the full
   * address (`http://localhost:4318/v1/traces`); an address without a path gets `/v1/traces`.
   * Default: `http://localhost:4317` for gRPC, `http://localhost:4318/v1/traces` for HTTP.
   */
  readonly url?: string;
  /** Sent with every export: metadata for gRPC, headers for HTTP. Values are secrets and never printed. */
  readonly headers?: HeaderValues<Credential>;
  /** Limit of one export call, in milliseconds; default 10,000. */
  readonly timeoutMillis?: number;
  /** Default `none`. */
  readonly compression?: 'gzip' | 'none';
  readonly tls?: TlsConfig<Credential>;
}

/** Prints spans to standard output. */
export interface ConsoleExporterConfig {
  readonly type: 'console';
  /** `tree` prints one readable tree per trace, `json` one object per line and span; default `tree`. */
  readonly format?: 'tree' | 'json';
  /** ANSI colours; default: only on a terminal, and never with `NO_COLOR`. */
  readonly color?: boolean;
}

/** Sends to Zipkin's v2 JSON API; needs the optional peer `@opentelemetry/exporter-zipkin`. */
export interface ZipkinExporterConfig<Credential extends string | Secret = string> {
  readonly type: 'zipkin';
  /** Default `http://localhost:9411/api/v2/spans`. */
  readonly url?: string;
  readonly headers?: HeaderValues<Credential>;
}

/** Jaeger takes OTLP itself since 1.35: this is `otlp-grpc` to Jaeger's port, said in the old words. */
export interface JaegerExporterConfig<Credential extends string | Secret = string> {
  readonly type: 'jaeger';
  /** Full address; default `http://{host}:4317`. */
  readonly url?: string;
  /** Host of the old agent setting; default `localhost`. */
  readonly host?: string;
  readonly headers?: HeaderValues<Credential>;
  readonly timeoutMillis?: number;
}

/** Keeps the newest spans in memory, for tests and `TracerManager.finishedSpans()`. */
export interface MemoryExporterConfig {
  readonly type: 'memory';
  /** How many spans are kept; older ones are forgotten. Default 10,000. */
  readonly maxSpans?: number;
}

/** Exports nothing. Spans are still created and propagated. */
export interface NoneExporterConfig {
  readonly type: 'none';
}

/**
 * Names an exporter that this library builds.
 *
 * `Credential` is `string | Secret` where a configuration is written, and `string` where an exporter is built from it.
 */
export type ExporterConfig<Credential extends string | Secret = string> =
  | OtlpExporterConfig<Credential>
  | ConsoleExporterConfig
  | ZipkinExporterConfig<Credential>
  | JaegerExporterConfig<Credential>
  | MemoryExporterConfig
  | NoneExporterConfig;
