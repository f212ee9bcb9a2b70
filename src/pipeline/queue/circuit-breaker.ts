import type { ExportFailure } from '../../otlp/failures/export-failure.js';
import { backoffMillis, probeMillis } from '../../otlp/backoff.js';

/** `open`: nothing is sent. `half-open`: one export tries. */
export type BreakerState = 'closed' | 'open' | 'half-open';

/**
 * Stops exports to a receiver that fails, and lets a single one through from time to time.
 *
 * A transient failure is tried again after a backoff; one that only a person can fix is probed rarely.
 */
export class CircuitBreaker {
  state: BreakerState = 'closed';
  /** Open because of a failure that waiting does not cure, such as wrong credentials. */
  permanent = false;
  private failures = 0;
  private failingSince = 0;
  /** Exports begun before the last change of state tell nothing about the time after it. */
  private era = 0;
  private timer: NodeJS.Timeout | undefined;
  /** The time until which the receiver asked for no requests. */
  private askedUntil = 0;

  constructor(private readonly onHalfOpen: () => void) {}

  /** Whether an export may begin while so many are on the way. */
  admits(inFlight: number): boolean {
    return this.state === 'closed' || (this.state === 'half-open' && inFlight === 0);
  }

  /** Begins an export; its number goes to {@link succeeded} or {@link failed} when the export ends. */
  begin(): number {
    return this.era;
  }

  /** @returns whether the receiver works again after a failure */
  succeeded(era: number): boolean {
    if (era !== this.era || this.state === 'closed') return false;
    this.enter('closed');
    this.failures = 0;
    this.permanent = false;
    return true;
  }

  failed(era: number, failure: ExportFailure, now: number = performance.now()): void {
    if (era !== this.era) return;
    if (this.failures === 0) this.failingSince = now;
    this.failures++;
    this.permanent = !failure.retryable;
    this.enter('open');
    if (failure.retryAfterMillis !== undefined) this.askedUntil = now + failure.retryAfterMillis;
    const wait = failure.retryable
      ? Math.max(backoffMillis(this.failures, now - this.failingSince), failure.retryAfterMillis ?? 0)
      : probeMillis(this.failures);
    this.timer = setTimeout(() => this.probe(), wait).unref();
  }

  /** Lets one export through before its time, unless the receiver itself asked to wait. */
  nudge(): void {
    if (performance.now() >= this.askedUntil) this.probeNow();
  }

  /** Lets one export through even if the receiver asked to wait: the last chance before a shutdown. */
  probeNow(): void {
    if (this.state === 'open') this.probe();
  }

  release(): void {
    clearTimeout(this.timer);
  }

  private probe(): void {
    this.enter('half-open');
    this.onHalfOpen();
  }

  private enter(state: BreakerState): void {
    clearTimeout(this.timer);
    this.state = state;
    this.era++;
  }
}
