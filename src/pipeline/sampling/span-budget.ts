/** How much of overspending is remembered: a trace of a million spans must not silence the next hours. */
const MAX_DEBT_SECONDS = 60;

/**
 * A token bucket of spans. New traces need a span's worth in it; spans of traces that have begun are taken
 * even from an empty one, so that a limit never cuts a trace apart, and are paid back by later traces.
 */
export class SpanBudget {
  private tokens: number;
  private filledAt: number;
  private readonly capacity: number;

  /** @param now - milliseconds on a monotonic clock */
  constructor(
    private readonly perSecond: number,
    private readonly now: () => number,
  ) {
    this.capacity = Math.max(1, perSecond);
    this.tokens = this.capacity;
    this.filledAt = now();
  }

  /** Pays for the first span of a trace, if there is enough for one. */
  tryBegin(): boolean {
    this.fill();
    if (this.tokens < 1) return false;
    this.tokens -= 1;
    return true;
  }

  /** Pays for a further span of a trace. */
  spend(): void {
    this.fill();
    this.tokens = Math.max(this.tokens - 1, -this.perSecond * MAX_DEBT_SECONDS);
  }

  private fill(): void {
    const now = this.now();
    this.tokens = Math.min(this.capacity, this.tokens + ((now - this.filledAt) / 1000) * this.perSecond);
    this.filledAt = now;
  }
}
