import { JsonMetricsSerializer, ProtobufMetricsSerializer } from '@opentelemetry/otlp-transformer';
import type { MetricData, ResourceMetrics } from '@opentelemetry/sdk-metrics';
import type { OtlpTransport } from '../../otlp/transport.js';

/**
 * Encodes metrics as OTLP with the official serialisers. @returns `undefined` if there is nothing to send
 */
export function encodeMetrics(
  metrics: ResourceMetrics,
  encoding: OtlpTransport['encoding'],
): Buffer | undefined {
  const body =
    encoding === 'json'
      ? JsonMetricsSerializer.serializeRequest(withTextForNonFinite(metrics))
      : ProtobufMetricsSerializer.serializeRequest(metrics);
  return body && Buffer.from(body.buffer, body.byteOffset, body.byteLength);
}

/**
 * Replaces `NaN` and infinities with their names, as OTLP's JSON demands. With `null` in their place, the
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

/**
 * Replaces `NaN` and infinities with texts, as JSON for OTLP demands.
 *
 * @param value - a number, or a histogram that contains numbers
 */
function textForNonFinite(value: number | object): unknown {
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  return Object.fromEntries(
    Object.entries(value).map(([name, part]: [string, unknown]) => [
      name,
      typeof part === 'number' ? textForNonFinite(part) : part,
    ]),
  );
}
