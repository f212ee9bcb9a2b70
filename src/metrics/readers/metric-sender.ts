import { classNameOf } from '../../base/class-name.js';
import { ask, onRejection } from '../../base/user-function.js';
import { runAsExport } from '../../context/export-context.js';
import type { ExportFailure } from '../../otlp/failures/export-failure.js';
import { classifyExporterError } from '../../otlp/failures/exporter-failure.js';
import { timeoutFailure } from '../../otlp/failures/network-failure.js';
import type { ResourceMetrics } from '../../sdk/metric-data.js';
import type { PushMetricExporter } from '../../sdk/push-metric-exporter.js';

/** The outcome of one export. */
export type SendOutcome =
  | { readonly ok: true; readonly rejectedPoints: number; readonly message: string }
  | { readonly ok: false; readonly failure: ExportFailure };

/** The way to one receiver of metrics. */
export interface MetricSender {
  readonly name: string;
  /** Where it sends, without credentials. */
  readonly target?: string;
  /** An exporter that was built by the user and has wishes of its own. */
  readonly custom?: Pick<PushMetricExporter, 'selectAggregation' | 'selectAggregationTemporality'>;
  /** Never rejects; takes no longer than the limit. */
  send(metrics: ResourceMetrics, timeoutMillis: number): Promise<SendOutcome>;
  /** Never rejects; takes no longer than the limit. */
  close(timeoutMillis: number): Promise<void>;
}

/**
 * Sends through an exporter given in code, which may throw, hang, call back twice or never.
 */
export class CustomSender implements MetricSender {
  readonly name: string;

  constructor(
    readonly custom: PushMetricExporter,
    /** Asked when it closes: another configuration may go on using the exporter. */
    private readonly isNeeded: () => boolean,
  ) {
    this.name = classNameOf(custom) || 'exporter';
  }

  send(metrics: ResourceMetrics, timeoutMillis: number): Promise<SendOutcome> {
    return new Promise((resolve) => {
      const failed = (error: unknown): void => {
        clearTimeout(timer);
        resolve({ ok: false, failure: classifyExporterError(error) });
      };
      const timer = setTimeout(() => {
        resolve({
          ok: false,
          failure: {
            ...timeoutFailure(timeoutMillis),
            ...{ hint: 'Raise `exportTimeoutMillis` of its reader.', retryable: false, blames: 'data' },
          },
        });
      }, timeoutMillis).unref();
      try {
        runAsExport(() => {
          // Exporters written in JavaScript may call back with nothing, and return a promise that rejects.
          const exporter = this.custom as {
            export(...args: Parameters<PushMetricExporter['export']>): unknown;
          };
          const returned = exporter.export(
            metrics,
            (result?: { readonly code?: unknown; readonly error?: unknown }) => {
              clearTimeout(timer);
              ask(
                () => result,
                (told) => {
                  if (told?.code === 0) resolve({ ok: true, rejectedPoints: 0, message: '' });
                  else failed(told?.error);
                },
                failed,
              );
            },
          );
          onRejection(returned, failed);
        });
      } catch (error) {
        failed(error);
      }
    });
  }

  close(timeoutMillis: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, timeoutMillis).unref();
      const done = (): void => {
        clearTimeout(timer);
        resolve();
      };
      const close = async (): Promise<void> => {
        await this.custom.forceFlush();
        if (!this.isNeeded()) await this.custom.shutdown();
      };
      runAsExport(close).then(done, done);
    });
  }
}
