/*
 * The states of a breaker:
 *
 *   closed ── an export fails ──▶ open ── the wait is over, or a flush asks ──▶ half-open
 *     ▲                            ▲                                              │  one export as a probe
 *     │                            └───────────────── it fails ───────────────────┤
 *     └────────────────────────────────────────────── it succeeds ────────────────┘
 *
 * The wait is a backoff, or the time that the receiver asked for; it is long where only a person can repair
 * the cause (`permanent`). A failure that only the data caused counts as a success: the receiver works.
 *
 * Invariant: an export changes the state only if it has not changed since the export began (`era`).
 */
import type { ExportFailure } from '../../otlp/failures/export-failure.js';
import { backoffMillis, probeMillis } from '../../otlp/backoff.js';

/** The state: `open` sends nothing, `half-open` tests with one export. */
export type BreakerState = 'closed' | 'open' | 'half-open';

/**
 * Stops exports to a failing receiver and lets single ones through as probes.
 *
 * After a temporary failure it waits for a backoff; after a failure that needs a person's fix it probes
 * rarely.
 */
export class CircuitBreaker {
  state: BreakerState = 'closed';
  /**
   * Whether the breaker is open because of a failure that waiting does not fix, such as wrong credentials.
   */
  permanent = false;
  private failures = 0;
  private failingSince = 0;
  /** The number of state changes. The result of an export that began before the last change is ignored. */
  private era = 0;
  private timer: NodeJS.Timeout | undefined;
  /** The time until which the receiver asked for no requests. */
  private askedUntil = 0;

  constructor(private readonly onHalfOpen: () => void) {}

  /** Whether another export may begin, given the number of running ones. */
  admits(inFlight: number): boolean {
    return this.state === 'closed' || (this.state === 'half-open' && inFlight === 0);
  }

  /** Begins an export and returns its number for {@link succeeded} or {@link failed}. */
  begin(): number {
    return this.era;
  }

  /**
   * Records a successful export and closes the breaker.
   *
   * @returns whether the receiver works again after a failure
   */
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

  /** Allows one export early, unless the receiver itself asked to wait. */
  nudge(): void {
    if (performance.now() >= this.askedUntil) this.probeNow();
  }

  /** Allows one export even if the receiver asked to wait: the last chance before a shutdown. */
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
