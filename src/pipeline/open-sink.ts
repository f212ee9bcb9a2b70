import type { SpanExporter } from '../sdk/span-exporter.js';
import type { ExporterConfig, ExporterOfType } from '../config/exporter-config.js';
import type { TelemetryLog } from '../base/log.js';
import type { BatchConfig } from '../config/tracer-config.js';
import { BatchQueue } from './queue/batch-queue.js';
import type { Delivery, ExportListener } from './queue/delivery.js';
import { ExporterDelivery } from './queue/exporter-delivery.js';
import { isSpanExporter } from './is-span-exporter.js';
import type { OtlpDelivery } from './encoding/otlp-delivery.js';
import type { SpanSink } from './span-sink.js';

/** Options of a sink, apart from its exporter. */
export interface SinkOptions {
  readonly batch: BatchConfig;
  readonly log: TelemetryLog;
  /** The instance's name in log lines. */
  readonly instance: string;
  readonly onExport?: ExportListener;
}

/**
 * Creates the queue and the exporter of a configuration. No connection is opened, so an unavailable
 * receiver is not an error here.
 *
 * A package is loaded when the first exporter needs it.
 *
 * @throws {@link TelemetryConfigError} `TELEMETRY_PACKAGE_MISSING` if an optional package is not installed,
 *   `TELEMETRY_EXPORTER_UNBUILDABLE` if an address, a header or a certificate is invalid
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
    case 'zipkin':
      return new BatchQueue(await openZipkinDelivery(exporter), options);
    default: {
      const { buildLocalSink } = await import('./exporters/local-sinks.js');
      return buildLocalSink(exporter, options);
    }
  }
}

async function openOtlpSink(config: OtlpLikeConfig, options: SinkOptions): Promise<SpanSink> {
  const delivery = await openOtlpDelivery(config);
  if (config.type === 'jaeger') {
    options.log.log(
      `${options.instance}: jaeger sends OTLP over gRPC to ${delivery.target}; ` +
        "Jaeger takes it since 1.35. `{ type: 'otlp-grpc' }` says the same.",
    );
  }
  return new BatchQueue(delivery, options);
}

type OtlpLikeConfig = Extract<ExporterConfig, { type: `otlp-${string}` | 'jaeger' }>;

async function openOtlpDelivery(config: OtlpLikeConfig): Promise<OtlpDelivery> {
  const [{ openTransport }, { OtlpDelivery }] = await Promise.all([
    import('../otlp/open-transport.js'),
    import('./encoding/otlp-delivery.js'),
  ]);
  return new OtlpDelivery(config.type, await openTransport(config));
}

async function openZipkinDelivery(config: ExporterOfType<'zipkin'>): Promise<Delivery> {
  const { ZipkinDelivery } = await import('./exporters/zipkin-delivery.js');
  return ZipkinDelivery.open(config);
}

/**
 * Opens a receiver without a queue, for a single test.
 *
 * @returns nothing for exporters without a receiver
 * @throws {@link TelemetryConfigError} as {@link openSink}
 */
export async function openDelivery(exporter: ExporterConfig | SpanExporter): Promise<Delivery | undefined> {
  if (isSpanExporter(exporter)) return new ExporterDelivery(exporter);
  switch (exporter.type) {
    case 'otlp-grpc':
    case 'otlp-http':
    case 'otlp-http-json':
    case 'jaeger':
      return openOtlpDelivery(exporter);
    case 'zipkin':
      return openZipkinDelivery(exporter);
    default:
      return undefined;
  }
}
