import { Inject, Injectable } from '@nestjs/common';
import type { TelemetryStatus } from '../../pipeline/telemetry-status.js';
import type { ExporterStatus } from '../../pipeline/span-sink.js';
import { TracerManager } from '../../tracing/tracer-manager.js';

/** The time after a loss for which the health is not `up`, in milliseconds. */
const LOSS_SHOWN_MILLIS = 60_000;

/** The health of span delivery. */
export interface TelemetryHealth {
  /**
   * The state: `degraded` if an exporter fails or spans were lost within a minute, `down` if none arrive or
   * telemetry is shut down, else `up`.
   */
  readonly status: 'up' | 'degraded' | 'down';
  /** The reasons for any other state than `up`, one sentence each. */
  readonly reasons?: readonly string[];
  /** The number of spans that wait or are being sent. */
  readonly queued: number;
  /** The number of spans lost since the start. */
  readonly dropped: number;
}

/**
 * Reports the health of an instance's exporters, in the form that `HealthCheckService` of
 * `@nestjs/terminus` accepts.
 *
 * The app works without its telemetry: use this for alerts, not for a probe that takes the app out of
 * service.
 *
 * **Gotchas** Terminus 12 knows `degraded`; version 11 leaves such a result out of its response.
 *
 * @see {@link https://docs.nestjs.com/recipes/terminus | NestJS, health checks}
 */
@Injectable()
export class TelemetryHealthIndicator {
  private dropped = 0;
  private lostAt = -Infinity;

  constructor(@Inject(TracerManager) private readonly manager: TracerManager) {}

  /**
   * Returns the health of the exporters as an entry of a health check.
   *
   * @param key - the entry's name in the health check's response; default `telemetry`
   */
  check<Key extends string = 'telemetry'>(key: Key = 'telemetry' as Key): Record<Key, TelemetryHealth> {
    return { [key]: this.judge(this.manager.status()) } as Record<Key, TelemetryHealth>;
  }

  private judge({ configured, enabled, spans, exporters }: TelemetryStatus): TelemetryHealth {
    const dropped = Object.values(spans.dropped).reduce((sum, count) => sum + count, 0);
    if (dropped > this.dropped) this.lostAt = performance.now();
    this.dropped = dropped;
    const figures = { queued: spans.queued, dropped };
    if (configured && !enabled) return { status: 'up', ...figures };
    if (!configured)
      return { status: 'down', reasons: ['Telemetry is not configured, or was shut down.'], ...figures };

    const losing = performance.now() - this.lostAt < LOSS_SHOWN_MILLIS;
    const failing = exporters.filter(
      (exporter) => exporter.breaker !== 'closed' || (losing && failedLast(exporter)),
    );
    if (failing.length === 0 && !losing) return { status: 'up', ...figures };
    const reasons = failing.map(explain);
    if (losing) reasons.push('Spans were dropped within the last minute.');
    return {
      status: losing && failing.length === exporters.length ? 'down' : 'degraded',
      reasons,
      ...figures,
    };
  }
}

/** Whether the last export failed without opening the breaker, because a pause would not help. */
function failedLast({ lastError, lastSuccessAt }: ExporterStatus): boolean {
  return lastError !== undefined && (lastSuccessAt === undefined || lastError.at > lastSuccessAt);
}

function explain({ exporter, target, lastError }: ExporterStatus): string {
  const what = target === undefined ? exporter : `${exporter} to ${target}`;
  if (lastError === undefined) return `${what} fails.`;
  const { reason, code, hint } = lastError;
  return `${what} fails: ${reason} (${code}).${hint === undefined ? '' : ` ${hint}`}`;
}
