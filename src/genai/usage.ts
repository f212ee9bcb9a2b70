/** Tokens and money that a model's work took. */
export interface Usage {
  /** Tokens of the whole input, including those from or for a cache. */
  readonly inputTokens?: number;
  /** Tokens of the whole output, including reasoning. */
  readonly outputTokens?: number;
  /** Tokens of the input that were read from the provider's cache. */
  readonly cacheReadTokens?: number;
  /** Tokens of the input that were written to the provider's cache. */
  readonly cacheWriteTokens?: number;
  /** Tokens of the output that were reasoning. */
  readonly reasoningTokens?: number;
  /** US dollars; default: what `genai.prices` make of the tokens. */
  readonly costUsd?: number;
}

const TOKENS = [
  'inputTokens',
  'outputTokens',
  'cacheReadTokens',
  'cacheWriteTokens',
  'reasoningTokens',
] as const satisfies readonly (keyof Usage)[];

/** A total that the usage of a model counts for. */
export interface UsageOwner {
  addUsage(usage: Usage): void;
}

/** Sums usage; what was never reported stays absent, what was reported as zero is zero. */
export class UsageSum {
  inputTokens?: number;
  outputTokens?: number;
  cacheReadTokens?: number;
  cacheWriteTokens?: number;
  reasoningTokens?: number;
  private cost: number | undefined;

  /** Adds finite numbers; any other value in a model's answer counts as not reported. */
  add(usage: Usage): void {
    for (const name of TOKENS) {
      const value = usage[name];
      if (Number.isFinite(value)) this[name] = (this[name] ?? 0) + (value as number);
    }
    if (Number.isFinite(usage.costUsd)) this.cost = (this.cost ?? 0) + (usage.costUsd as number);
  }

  /** Takes the reported figures in place of those that it has. */
  put(usage: Usage): void {
    for (const name of TOKENS) {
      const value = usage[name];
      if (Number.isFinite(value)) this[name] = value as number;
    }
    if (Number.isFinite(usage.costUsd)) this.cost = usage.costUsd;
  }

  /** Input and output together. */
  get totalTokens(): number | undefined {
    const { inputTokens, outputTokens } = this;
    if (inputTokens === undefined && outputTokens === undefined) return undefined;
    return (inputTokens ?? 0) + (outputTokens ?? 0);
  }

  /** Rounds to a billionth, which removes the noise of added fractions. */
  get costUsd(): number | undefined {
    return this.cost === undefined ? undefined : roundedDollars(this.cost);
  }

  /** The reported counts alone. */
  get figures(): Usage {
    const { costUsd } = this;
    const reported = TOKENS.filter((name) => this[name] !== undefined).map((name) => [name, this[name]]);
    return {
      ...(Object.fromEntries(reported) as Usage),
      ...(costUsd === undefined ? {} : { costUsd }),
    };
  }

  /** Whether nothing was reported at all. */
  get empty(): boolean {
    return this.cost === undefined && TOKENS.every((name) => this[name] === undefined);
  }
}

/** US dollars to a billionth. */
export function roundedDollars(cost: number): number {
  return Number(cost.toFixed(9));
}
