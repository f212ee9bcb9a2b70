import type { JaegerExporterConfig, OtlpExporterConfig } from '../../config/exporter-config.js';
import type { ExportFailure } from '../export-failure.js';

/** What is sent: each has a service and a path of its own. */
export type OtlpSignal = 'traces' | 'metrics';

/** What became of one request. */
export type SendResult =
  | {
      readonly ok: true;
      readonly latencyMillis: number;
      /** Spans, or data points, that the receiver refused although it accepted the request. */
      readonly rejectedSpans: number;
      /** Why, or a warning of the receiver's. */
      readonly message: string;
    }
  | { readonly ok: false; readonly latencyMillis: number; readonly failure: ExportFailure };

/** A connection to an OTLP receiver, opened at the first request. */
export interface OtlpTransport {
  /** Where it sends, without credentials. */
  readonly target: string;
  /** What the receiver gets. */
  readonly encoding: 'protobuf' | 'json';
  /**
   * Sends one request of the signal's service; an empty one is valid and checks the way there. Never rejects.
   *
   * @param timeoutMillis - a lower limit than the transport's own
   */
  send(body: Buffer, timeoutMillis?: number): Promise<SendResult>;
  /** Closes sockets at once; requests on the way fail. Idempotent. */
  close(): void;
}

/**
 * Prepares the connection that an OTLP or Jaeger exporter names. Nothing is sent yet.
 *
 * @throws {@link TelemetryConfigError} `TELEMETRY_EXPORTER_UNBUILDABLE` if the address, a header or a certificate cannot be used
 */
export async function openTransport(
  config: OtlpExporterConfig | JaegerExporterConfig,
  signal: OtlpSignal = 'traces',
): Promise<OtlpTransport> {
  if (config.type === 'otlp-http' || config.type === 'otlp-http-json') {
    const { HttpTransport } = await import('./http-transport.js');
    return new HttpTransport(config, signal);
  }
  const { GrpcTransport } = await import('./grpc-transport.js');
  return new GrpcTransport(config, signal);
}
