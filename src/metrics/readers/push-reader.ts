import {
  AggregationType,
  type AggregationOption,
  MetricReader,
  type MetricProducer,
  type ResourceMetrics,
} from '@opentelemetry/sdk-metrics';
import { backoffMillis } from '../../otlp/backoff.js';
import { runAsExport } from '../../context/export-context.js';
import type { ExportFailure } from '../../otlp/failures/export-failure.js';
import { errorText, type RateLimitedLog } from '../../base/rate-limited-log.js';
import type { MetricReaderStatus } from './metrics-status.js';
import type { MetricSender } from './metric-sender.js';
import type { ExportSchedule } from '../options/metrics-options.js';
import { temporalityFor } from './temporality.js';

/** Options of a {@link PushReader}. */
export interface PushReaderOptions {
  readonly sender: MetricSender;
  readonly schedule: Required<ExportSchedule>;
  readonly cardinalityLimit: number;
  readonly log: RateLimitedLog;
  /**
   * Whether the queue of spans has already reported this failure of the same receiver, so that one cause
   * yields one log line.
   */
  readonly isToldBySpans: (failure: ExportFailure) => boolean;
  /** The instance's name in log lines. */
  readonly instance: string;
  readonly producers: MetricProducer[];
  /** Called if the receiver accepts no metrics at all. */
  readonly onRefused: (failure: ExportFailure) => void;
}

/**
 * Exports on a schedule, retries temporary failures, and never keeps the process alive. The SDK's own
 * periodic reader does neither.
 */
export class PushReader extends MetricReader {
  private readonly sender: MetricSender;
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private hurry: (() => void) | undefined;
  private closeBefore = Infinity;
  private exports = 0;
  private failures = 0;
  private failing = false;
  private lastSuccessAt: Date | undefined;
  private lastError: MetricReaderStatus['lastError'];

  constructor(private readonly options: PushReaderOptions) {
    const { sender, schedule, cardinalityLimit, producers } = options;
    const { custom } = sender;
    super({
      aggregationSelector: (type) =>
        (custom?.selectAggregation?.(type) as AggregationOption | undefined) ?? {
          type: AggregationType.DEFAULT,
        },
      aggregationTemporalitySelector: (type) =>
        custom?.selectAggregationTemporality?.(type) ?? temporalityFor(schedule.temporality, type),
      cardinalitySelector: () => cardinalityLimit,
      metricProducers: producers,
    });
    this.sender = sender;
  }

  status(): MetricReaderStatus {
    const { sender, lastSuccessAt, lastError } = this;
    return {
      reader: sender.name,
      ...(sender.target !== undefined && { target: sender.target }),
      exports: this.exports,
      failures: this.failures,
      ...(lastSuccessAt !== undefined && { lastSuccessAt }),
      ...(lastError !== undefined && { lastError }),
    };
  }

  /**
   * Exports once more, then closes the connection, at most a little later than the limit. Never rejects.
   */
  async close(timeoutMillis: number): Promise<void> {
    this.closeBefore = performance.now() + timeoutMillis;
    clearInterval(this.timer);
    this.hurry?.();
    await this.shutdown().catch(() => undefined);
  }

  /** Closes a reader that was never used. */
  closeUnused(): Promise<void> {
    return this.sender.close(100);
  }

  protected override onInitialized(): void {
    runAsExport(() => {
      this.timer = setInterval(() => {
        this.running ??= this.run();
      }, this.options.schedule.exportIntervalMillis).unref();
    });
  }

  protected async onForceFlush(): Promise<void> {
    await this.running;
    this.running ??= this.run();
    await this.running;
  }

  protected async onShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.onForceFlush();
    await this.sender.close(Math.max(100, this.left(this.closeBefore)));
  }

  private async run(): Promise<void> {
    const deadline = performance.now() + this.options.schedule.exportTimeoutMillis;
    try {
      await runAsExport(async () => {
        // A hanging callback leaves time for sending the values of the others.
        const { resourceMetrics, errors } = await this.collect({ timeoutMillis: this.left(deadline) / 2 });
        for (const error of errors)
          this.warn('callback', `an observable's callback failed: ${errorText(error)}`);
        if (resourceMetrics.scopeMetrics.length > 0) await this.deliver(resourceMetrics, deadline);
      });
    } catch (error) {
      this.warn('collect', `metrics could not be collected: ${errorText(error)}`);
    } finally {
      this.running = undefined;
    }
  }

  private async deliver(metrics: ResourceMetrics, deadline: number): Promise<void> {
    const begun = performance.now();
    for (let attempt = 1; ; attempt += 1) {
      const outcome = await this.sender.sendMetrics(metrics, this.left(deadline));
      if (outcome.ok) {
        this.exports += 1;
        this.lastSuccessAt = new Date();
        this.failing = false;
        if (outcome.message !== '' || outcome.rejected > 0) {
          this.warn('partial', `the receiver refused ${outcome.rejected} data points: ${outcome.message}`);
        }
        return;
      }
      const { failure } = outcome;
      const wait = failure.retryAfterMillis ?? backoffMillis(attempt, performance.now() - begun);
      // A shutdown does not wait for an unavailable receiver.
      const hopeless = this.closeBefore < Infinity && (attempt > 2 || this.failing);
      if (!failure.retryable || hopeless || wait >= this.left(deadline)) {
        this.failed(failure);
        return;
      }
      await this.pause(wait);
    }
  }

  private failed(failure: ExportFailure): void {
    const { code, reason, hint } = failure;
    this.exports += 1;
    this.failures += 1;
    this.lastError = { at: new Date(), code, reason };
    this.failing = true;
    if (isRefusal(failure)) this.options.onRefused(failure);
    else if (!this.options.isToldBySpans(failure))
      this.warn(
        code,
        `export of metrics failed: ${reason} (${code}).${hint === undefined ? '' : ` ${hint}`}`,
      );
  }

  private pause(millis: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, millis).unref();
      this.hurry = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  private left(deadline: number): number {
    return Math.max(1, Math.ceil(Math.min(deadline, this.closeBefore) - performance.now()));
  }

  private warn(cause: string, message: string): void {
    const { sender, instance, log } = this.options;
    const name = sender.target === undefined ? sender.name : `${sender.name} to ${sender.target}`;
    log.warn(`metrics ${name} ${cause}`, `${instance}: ${name}: ${message}`);
  }
}

/** Whether the receiver answered but does not know metrics. */
function isRefusal({ code, retryable }: ExportFailure): boolean {
  return !retryable && ['UNIMPLEMENTED', 'HTTP 404', 'HTTP 405', 'HTTP 410'].includes(code);
}
