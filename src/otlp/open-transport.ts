import type { ExporterOfType, OtlpExporterConfig } from '../config/exporter-config.js';
import type { OtlpSignal, OtlpTransport } from './transport.js';

/**
 * Creates the transport of an OTLP or Jaeger exporter. It sends nothing yet.
 *
 * @throws {@link TelemetryConfigError} `TELEMETRY_EXPORTER_UNBUILDABLE` if the address, a header or a
 *   certificate is invalid
 */
export async function openTransport(
  config: OtlpExporterConfig | ExporterOfType<'jaeger'>,
  signal: OtlpSignal = 'traces',
): Promise<OtlpTransport> {
  if (config.type === 'otlp-http' || config.type === 'otlp-http-json') {
    const { HttpTransport } = await import('./http-transport.js');
    return new HttpTransport(config, signal);
  }
  const { GrpcTransport } = await import('./grpc-transport.js');
  return new GrpcTransport(config, signal);
}
