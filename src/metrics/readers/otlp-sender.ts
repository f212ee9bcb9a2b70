import { JsonMetricsSerializer, ProtobufMetricsSerializer } from '@opentelemetry/otlp-transformer';
import type { MetricData, ResourceMetrics } from '@opentelemetry/sdk-metrics';
import type { OtlpExporterConfig } from '../../config/exporter-config.js';
import { runAsExport } from '../../context/export-context.js';
import type { ExportOutcome } from '../../otlp/export-outcome.js';
import type { ExportFailure } from '../../otlp/failures/export-failure.js';
import { openTransport } from '../../otlp/open-transport.js';
import type { OtlpTransport } from '../../otlp/transport.js';
import type { MetricSender } from './metric-sender.js';

/** Sends over the transports that also carry spans, encoded by the official serialisers. */
export class OtlpSender implements MetricSender {
  readonly target: string;

  private constructor(
    readonly name: string,
    private readonly transport: OtlpTransport,
  ) {
    this.target = transport.target;
  }

  /** @throws TelemetryConfigError `TELEMETRY_EXPORTER_UNBUILDABLE` */
  static async open(config: OtlpExporterConfig): Promise<OtlpSender> {
    return new OtlpSender(config.type, await openTransport(config, 'metrics'));
  }

  async sendMetrics(metrics: ResourceMetrics, timeoutMillis: number): Promise<ExportOutcome> {
    const body =
      this.transport.encoding === 'json'
        ? JsonMetricsSerializer.serializeRequest(withTextForNonFinite(metrics))
        : ProtobufMetricsSerializer.serializeRequest(metrics);
    if (body === undefined) return { ok: true, rejected: 0, message: '' };
    const { buffer, byteOffset, byteLength } = body;
    const result = await runAsExport(() =>
      this.transport.sendRequest(Buffer.from(buffer, byteOffset, byteLength), timeoutMillis),
    );
    if (!result.ok) return { ok: false, failure: aboutMetrics(result.failure) };
    return { ok: true, rejected: result.rejected, message: result.message };
  }

  close(): Promise<void> {
    this.transport.close();
    return Promise.resolve();
  }
}

/**
 * Replaces `NaN` and infinities by their names, as OTLP's JSON demands. With `null` in their place, the
 * whole export would be refused.
 */
function withTextForNonFinite({ resource, scopeMetrics }: ResourceMetrics): ResourceMetrics {
  const metricOf = (metric: MetricData): MetricData => {
    const dataPoints = metric.dataPoints.map((point) => ({ ...point, value: textForNonFinite(point.value) }));
    return { ...metric, dataPoints } as MetricData;
  };
  return {
    resource,
    scopeMetrics: scopeMetrics.map(({ scope, metrics }) => ({ scope, metrics: metrics.map(metricOf) })),
  };
}

/** @param value - a number, or a histogram that contains numbers */
function textForNonFinite(value: number | object): unknown {
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  return Object.fromEntries(
    Object.entries(value).map(([name, part]: [string, unknown]) => [
      name,
      typeof part === 'number' ? textForNonFinite(part) : part,
    ]),
  );
}

/** Replaces the words for spans in a transport's failure. */
function aboutMetrics({ hint, ...failure }: ExportFailure): ExportFailure {
  const reword = (text: string): string =>
    text
      .replace('/v1/traces', '/v1/metrics')
      .replaceAll('OTLP traces', 'OTLP metrics')
      .replaceAll('the spans', 'the metrics')
      .replaceAll('exporter.', 'metrics.readers.');
  return { ...failure, reason: reword(failure.reason), ...(hint !== undefined && { hint: reword(hint) }) };
}
