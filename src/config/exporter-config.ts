import type { Secret } from './secret.js';

/**
 * Configures an OTLP exporter.
 *
 * @see {@link https://opentelemetry.io/docs/specs/otel/protocol/exporter/ | OTLP exporter configuration}
 */
export interface OtlpExporterConfig<Credential extends string | Secret = string> {
  /** The protocol and encoding of the exporter. */
  readonly type: 'otlp-grpc' | 'otlp-http' | 'otlp-http-json';
  /**
   * The receiver's address with its scheme: `http://` is plaintext, `https://` is TLS. The HTTP types take
   * the full address (`http://localhost:4318/v1/traces`); an address without a path gets `/v1/traces`.
   * Default: `http://localhost:4317` for gRPC, `http://localhost:4318/v1/traces` for HTTP.
   */
  readonly url?: string;
  /** Headers (HTTP) or metadata (gRPC) of every export. Values are secrets and never printed. */
  readonly headers?: Readonly<Record<string, Credential>>;
  /** The time limit of one export call, in milliseconds; default 10,000. */
  readonly timeoutMillis?: number;
  /** The compression of requests; default `none`. */
  readonly compression?: 'gzip' | 'none';
  /** Certificates of a TLS connection, each as PEM text or bytes. */
  readonly tls?: {
    /** The certificate authority of the server's certificate; default: the system's authorities. */
    readonly ca?: string | Uint8Array;
    /** The client's certificate chain, for mutual TLS; needs `key`. */
    readonly cert?: string | Uint8Array;
    /** The private key of the client's certificate; needs `cert`. */
    readonly key?: Credential | Uint8Array;
  };
}

/**
 * Configures an exporter that this library builds. `type` selects the kind.
 *
 * `Credential` is `string | Secret` in a configuration that users write, and `string` in the one that an
 * exporter is built from.
 */
export type ExporterConfig<Credential extends string | Secret = string> =
  | OtlpExporterConfig<Credential>
  | {
      /** Prints spans to standard output. */
      readonly type: 'console';
      /**
       * The layout: `tree` prints one tree per trace, `line` one line per trace, `json` one JSON object per
       * span and line; default `tree`.
       */
      readonly format?: 'tree' | 'line' | 'json';
      /** Whether to use ANSI colours; default: only on a terminal, and never with `NO_COLOR`. */
      readonly color?: boolean;
    }
  | {
      /** Sends to Zipkin's v2 JSON API; needs the optional peer `@opentelemetry/exporter-zipkin`. */
      readonly type: 'zipkin';
      /** The receiver's full address; default `http://localhost:9411/api/v2/spans`. */
      readonly url?: string;
      /** Headers of every export; values are secrets and never printed. */
      readonly headers?: Readonly<Record<string, Credential>>;
    }
  | {
      /** Sends OTLP over gRPC to Jaeger, which accepts it since version 1.35. */
      readonly type: 'jaeger';
      /** The receiver's full address; default `http://{host}:4317`. */
      readonly url?: string;
      /** The host of Jaeger, if `url` is omitted; default `localhost`. */
      readonly host?: string;
      /** Metadata of every export; values are secrets and never printed. */
      readonly headers?: Readonly<Record<string, Credential>>;
      /** The time limit of one export call, in milliseconds; default 10,000. */
      readonly timeoutMillis?: number;
    }
  | {
      /** Keeps the newest spans in memory, for tests and `TracerManager.finishedSpans()`. */
      readonly type: 'memory';
      /** The number of spans to keep; the oldest are removed. Default 10,000. */
      readonly maxSpans?: number;
    }
  | {
      /** Exports nothing. Spans are still created and trace context is still propagated. */
      readonly type: 'none';
    };

/** The exporter configuration with a given `type`. */
export type ExporterOfType<
  Type extends ExporterConfig['type'],
  Credential extends string | Secret = string,
> = Extract<ExporterConfig<Credential>, { readonly type: Type }>;

/** Certificates of a connection to an OTLP receiver. */
export type TlsConfig<Credential extends string | Secret = string> = NonNullable<
  OtlpExporterConfig<Credential>['tls']
>;
