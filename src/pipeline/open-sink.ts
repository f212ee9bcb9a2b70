import type { SpanExporter } from '@opentelemetry/sdk-trace-base';
import type { ExporterConfig } from '../config/exporter-config.js';
import type { TelemetryLog } from '../config/log.js';
import type { BatchConfig } from '../config/tracer-config.js';
import { BatchQueue } from './batch-queue.js';
import { ExporterDelivery } from './exporter-delivery.js';
import { isSpanExporter } from './is-span-exporter.js';
import { parseEndpoint } from './otlp/endpoint.js';
import type { SpanSink } from './span-sink.js';

/** What a sink needs besides its exporter. */
export interface SinkOptions {
  readonly batch: BatchConfig;
  readonly log: TelemetryLog;
  /** Names the instance in log lines. */
  readonly instance: string;
}

/**
 * Opens the queue and the exporter that a configuration names. Nothing is connected yet: a receiver that is away does not fail here.
 *
 * Packages are loaded when an exporter that needs them is named.
 *
 * @throws {@link TelemetryConfigError} `TELEMETRY_PACKAGE_MISSING` if an optional package is not installed,
 * `TELEMETRY_EXPORTER_UNBUILDABLE` if an address, a header or a certificate cannot be used
 */
export async function openSink(
  exporter: ExporterConfig | SpanExporter,
  options: SinkOptions,
): Promise<SpanSink> {
  if (isSpanExporter(exporter)) return new BatchQueue(new ExporterDelivery(exporter), options);
  switch (exporter.type) {
    case 'otlp-grpc':
    case 'otlp-http':
    case 'otlp-http-json':
    case 'jaeger':
      return openOtlpSink(exporter, options);
    case 'zipkin': {
      const { loadZipkinExporter } = await import('./exporters/zipkin.js');
      const target = exporter.url === undefined ? undefined : parseEndpoint(exporter.url).shown;
      const delivery = new ExporterDelivery(await loadZipkinExporter(exporter), 'zipkin', target);
      return new BatchQueue(delivery, options);
    }
    default: {
      const { buildLocalSink } = await import('./exporters/local-sinks.js');
      return buildLocalSink(exporter, options);
    }
  }
}

async function openOtlpSink(
  config: Extract<ExporterConfig, { type: `otlp-${string}` | 'jaeger' }>,
  options: SinkOptions,
): Promise<SpanSink> {
  const [{ openTransport }, { OtlpDelivery }] = await Promise.all([
    import('./otlp/transport.js'),
    import('./otlp/otlp-delivery.js'),
  ]);
  const transport = await openTransport(config);
  if (config.type === 'jaeger') {
    options.log.log(
      `${options.instance}: jaeger sends OTLP over gRPC to ${transport.target}; ` +
        "Jaeger takes it since 1.35. `{ type: 'otlp-grpc' }` says the same.",
    );
  }
  return new BatchQueue(new OtlpDelivery(config.type, transport), options);
}
