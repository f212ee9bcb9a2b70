import type { ResourceMetrics } from '@opentelemetry/sdk-metrics';
import type { OtlpExporterConfig } from '../../config/exporter-config.js';
import { runAsExport } from '../../context/export-context.js';
import type { ExportOutcome } from '../../otlp/export-outcome.js';
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

  /**
   * Prepares the connection to a receiver of metrics.
   *
   * @throws TelemetryConfigError `TELEMETRY_EXPORTER_UNBUILDABLE`
   */
  static async open(config: OtlpExporterConfig): Promise<OtlpSender> {
    return new OtlpSender(config.type, await openTransport(config, 'metrics'));
  }

  async sendMetrics(metrics: ResourceMetrics, timeoutMillis: number): Promise<ExportOutcome> {
    // The encoder is loaded at the first export, since a starting app has other files to load.
    const { encodeMetrics } = await import('./otlp-metrics-encoding.js');
    const body = encodeMetrics(metrics, this.transport.encoding);
    if (body === undefined) return { ok: true, rejected: 0, message: '' };
    const result = await runAsExport(() => this.transport.sendRequest(body, timeoutMillis));
    if (!result.ok) return { ok: false, failure: result.failure };
    return { ok: true, rejected: result.rejected, message: result.message };
  }

  close(): Promise<void> {
    this.transport.close();
    return Promise.resolve();
  }
}
