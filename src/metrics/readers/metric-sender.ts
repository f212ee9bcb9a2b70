import { classNameOf } from '../../base/class-name.js';
import { runWithinTime } from '../../context/export-context.js';
import type { ExportOutcome } from '../../otlp/export-outcome.js';
import { exportThrough } from '../../otlp/given-exporter.js';
import type { ResourceMetrics } from '../../sdk/metric-data.js';
import type { PushMetricExporter } from '../../sdk/push-metric-exporter.js';

/** The way to one receiver of metrics. */
export interface MetricSender {
  readonly name: string;
  /** Where it sends, without credentials. */
  readonly target?: string;
  /** An exporter that was built by the user and has wishes of its own. */
  readonly custom?: Pick<PushMetricExporter, 'selectAggregation' | 'selectAggregationTemporality'>;
  /** Never rejects; takes no longer than the limit. */
  sendMetrics(metrics: ResourceMetrics, timeoutMillis: number): Promise<ExportOutcome>;
  /** Never rejects; takes no longer than the limit. */
  close(timeoutMillis: number): Promise<void>;
}

/** Sends through an exporter given in code. */
export class CustomSender implements MetricSender {
  readonly name: string;

  constructor(
    readonly custom: PushMetricExporter,
    /** Asked when it closes: another configuration may go on using the exporter. */
    private readonly isNeeded: () => boolean,
  ) {
    this.name = classNameOf(custom) || 'exporter';
  }

  sendMetrics(metrics: ResourceMetrics, timeoutMillis: number): Promise<ExportOutcome> {
    const hint = 'Raise `exportTimeoutMillis` of its reader.';
    return exportThrough((done) => this.custom.export(metrics, done), timeoutMillis, hint);
  }

  close(timeoutMillis: number): Promise<void> {
    const close = async (): Promise<void> => {
      await this.custom.forceFlush();
      if (!this.isNeeded()) await this.custom.shutdown();
    };
    return runWithinTime(close, timeoutMillis, false);
  }
}
