import type { Secret } from './secret.js';

/**
 * An OTLP exporter.
 *
 * @see {@link https://opentelemetry.io/docs/specs/otel/protocol/exporter/ | OTLP exporter configuration}
 */
export interface OtlpExporterConfig<Credential extends string | Secret = string> {
  /** The protocol and encoding of the exporter. */
  readonly type: 'otlp-grpc' | 'otlp-http' | 'otlp-http-json';
  /**
   * Where to send, with its scheme: `http://` is plaintext, `https://` is TLS. For the HTTP types this is the
   * full address (`http://localhost:4318/v1/traces`); an address without a path gets `/v1/traces`. Default:
   * `http://localhost:4317` for gRPC, `http://localhost:4318/v1/traces` for HTTP.
   */
  readonly url?: string;
  /** Sent with every export: metadata for gRPC, headers for HTTP. Values are secrets and never printed. */
  readonly headers?: Readonly<Record<string, Credential>>;
  /** Limit of one export call, in milliseconds; default 10,000. */
  readonly timeoutMillis?: number;
  /** Default `none`. */
  readonly compression?: 'gzip' | 'none';
  /** Certificates for a TLS connection, each as PEM text or bytes. */
  readonly tls?: {
    /** Certificate authority that signed the server's certificate; default: the system's. */
    readonly ca?: string | Uint8Array;
    /** Client certificate chain, for mutual TLS; needs `key`. */
    readonly cert?: string | Uint8Array;
    /** Private key of the client certificate; needs `cert`. */
    readonly key?: Credential | Uint8Array;
  };
}

/**
 * Names an exporter that this library builds: OTLP, or one of the members below, told apart by `type`.
 *
 * `Credential` is `string | Secret` where a configuration is written, and `string` where an
 * exporter is built from it.
 */
export type ExporterConfig<Credential extends string | Secret = string> =
  | OtlpExporterConfig<Credential>
  | {
      /** Prints spans to standard output. */
      readonly type: 'console';
      /**
       * `tree` prints one readable tree per trace, `line` one line per trace, for volume, `json` one object
       * per line and span; default `tree`.
       */
      readonly format?: 'tree' | 'line' | 'json';
      /** ANSI colours; default: only on a terminal, and never with `NO_COLOR`. */
      readonly color?: boolean;
    }
  | {
      /** Sends to Zipkin's v2 JSON API; needs the optional peer `@opentelemetry/exporter-zipkin`. */
      readonly type: 'zipkin';
      /** Default `http://localhost:9411/api/v2/spans`. */
      readonly url?: string;
      /** Sent with every export; values are secrets and never printed. */
      readonly headers?: Readonly<Record<string, Credential>>;
    }
  | {
      /** Sends OTLP over gRPC to Jaeger, which takes it since version 1.35. */
      readonly type: 'jaeger';
      /** Full address; default `http://{host}:4317`. */
      readonly url?: string;
      /** Host of the old agent setting; default `localhost`. */
      readonly host?: string;
      /** Sent with every export; values are secrets and never printed. */
      readonly headers?: Readonly<Record<string, Credential>>;
      /** Limit of one export call, in milliseconds; default 10,000. */
      readonly timeoutMillis?: number;
    }
  | {
      /** Keeps the newest spans in memory, for tests and `TracerManager.finishedSpans()`. */
      readonly type: 'memory';
      /** How many spans are kept; older ones are forgotten. Default 10,000. */
      readonly maxSpans?: number;
    }
  | {
      /** Exports nothing; spans are still created and propagated. */
      readonly type: 'none';
    };

/** The exporter of one `type`. */
export type ExporterOfType<
  Type extends ExporterConfig['type'],
  Credential extends string | Secret = string,
> = Extract<ExporterConfig<Credential>, { readonly type: Type }>;

/** Certificates of a connection to an OTLP receiver. */
export type TlsConfig<Credential extends string | Secret = string> = NonNullable<
  OtlpExporterConfig<Credential>['tls']
>;
