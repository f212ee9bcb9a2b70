/**
 * The longest time for which overspending is remembered, in seconds, so that a trace of a million spans
 * does not silence the next hours.
 */
const MAX_DEBT_SECONDS = 60;

/**
 * A token bucket of spans. A new trace needs a token. Further spans of a trace always pass, so that the
 * limit never cuts a trace apart; later traces repay their tokens.
 */
export class SpanBudget {
  private tokens: number;
  private filledAt: number;
  private readonly capacity: number;

  /** @param now - a monotonic clock in milliseconds */
  constructor(
    private readonly perSecond: number,
    private readonly now: () => number,
  ) {
    this.capacity = Math.max(1, perSecond);
    this.tokens = this.capacity;
    this.filledAt = now();
  }

  /** Takes a token for the first span of a trace, if there is one. */
  tryBegin(): boolean {
    this.fill();
    if (this.tokens < 1) return false;
    this.tokens -= 1;
    return true;
  }

  /** Takes a token for a further span of a trace. */
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
