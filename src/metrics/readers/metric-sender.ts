import { classNameOf } from '../../base/class-name.js';
import { runWithinTime } from '../../context/export-context.js';
import type { ExportOutcome } from '../../otlp/export-outcome.js';
import { exportThrough } from '../../otlp/given-exporter.js';
import type { ResourceMetrics } from '../../sdk/metric-data.js';
import type { PushMetricExporter } from '../../sdk/push-metric-exporter.js';

/** Sends metrics to one receiver. */
export interface MetricSender {
  readonly name: string;
  /** The receiver's address, without credentials. */
  readonly target?: string;
  /** The user's exporter, whose preferences apply; absent for built-in senders. */
  readonly custom?: Pick<PushMetricExporter, 'selectAggregation' | 'selectAggregationTemporality'>;
  /** Sends metrics within the time limit. Never rejects. */
  sendMetrics(metrics: ResourceMetrics, timeoutMillis: number): Promise<ExportOutcome>;
  /** Closes within the time limit. Never rejects. */
  close(timeoutMillis: number): Promise<void>;
}

/** Sends through an exporter given in code. */
export class CustomSender implements MetricSender {
  readonly name: string;

  constructor(
    readonly custom: PushMetricExporter,
    /** Whether another configuration still uses the exporter; called at the close. */
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
