/** Tokens and money that a model's work took. */
export interface Usage {
  /** Tokens that the model read. */
  readonly inputTokens?: number;
  /** Tokens that the model wrote. */
  readonly outputTokens?: number;
  /** US dollars. */
  readonly costUsd?: number;
}

/** Sums usage; what was never reported stays absent, what was reported as zero is zero. */
export class UsageSum {
  inputTokens: number | undefined;
  outputTokens: number | undefined;
  private cost: number | undefined;

  add({ inputTokens, outputTokens, costUsd }: Usage): void {
    this.inputTokens = plus(this.inputTokens, inputTokens);
    this.outputTokens = plus(this.outputTokens, outputTokens);
    this.cost = plus(this.cost, costUsd);
  }

  /** Input and output together. */
  get totalTokens(): number | undefined {
    return plus(this.inputTokens, this.outputTokens);
  }

  /** Without the noise that adding fractions leaves, to a billionth. */
  get costUsd(): number | undefined {
    return this.cost === undefined ? undefined : Number(this.cost.toFixed(9));
  }
}

/** What a model's answer left open, `null` or a text for example, was not reported. */
function plus(sum: number | undefined, more: number | undefined): number | undefined {
  return Number.isFinite(more) ? (sum ?? 0) + (more as number) : sum;
}
