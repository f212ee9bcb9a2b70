/** The tokens and the cost of a model's work. */
export interface Usage {
  /** The tokens of the whole input, including cached ones. */
  readonly inputTokens?: number;
  /** The tokens of the whole output, including reasoning. */
  readonly outputTokens?: number;
  /** The input tokens that were read from the provider's cache. */
  readonly cacheReadTokens?: number;
  /** The input tokens that were written to the provider's cache. */
  readonly cacheWriteTokens?: number;
  /** The output tokens that were reasoning. */
  readonly reasoningTokens?: number;
  /** The cost in US dollars; default: computed from the tokens and `genai.prices`. */
  readonly costUsd?: number;
}

const TOKENS = [
  'inputTokens',
  'outputTokens',
  'cacheReadTokens',
  'cacheWriteTokens',
  'reasoningTokens',
] as const satisfies readonly (keyof Usage)[];

/** A sum that a model's usage is added to. */
export interface UsageOwner {
  addUsage(usage: Usage): void;
}

/** Sums usage. A figure that was never reported stays absent; a reported zero counts as zero. */
export class UsageSum {
  inputTokens?: number;
  outputTokens?: number;
  cacheReadTokens?: number;
  cacheWriteTokens?: number;
  reasoningTokens?: number;
  private cost: number | undefined;

  /** Adds finite numbers; any other value counts as not reported. */
  add(usage: Usage): void {
    for (const name of TOKENS) {
      const value = usage[name];
      if (Number.isFinite(value)) this[name] = (this[name] ?? 0) + (value as number);
    }
    if (Number.isFinite(usage.costUsd)) this.cost = (this.cost ?? 0) + (usage.costUsd as number);
  }

  /** Replaces figures with the reported ones. */
  put(usage: Usage): void {
    for (const name of TOKENS) {
      const value = usage[name];
      if (Number.isFinite(value)) this[name] = value as number;
    }
    if (Number.isFinite(usage.costUsd)) this.cost = usage.costUsd;
  }

  /** The sum of input and output tokens. */
  get totalTokens(): number | undefined {
    const { inputTokens, outputTokens } = this;
    if (inputTokens === undefined && outputTokens === undefined) return undefined;
    return (inputTokens ?? 0) + (outputTokens ?? 0);
  }

  /** The cost, rounded to a billionth to remove the noise of added fractions. */
  get costUsd(): number | undefined {
    return this.cost === undefined ? undefined : roundedDollars(this.cost);
  }

  /** The reported figures. */
  get figures(): Usage {
    const { costUsd } = this;
    const reported = TOKENS.filter((name) => this[name] !== undefined).map((name) => [name, this[name]]);
    return {
      ...(Object.fromEntries(reported) as Usage),
      ...(costUsd === undefined ? {} : { costUsd }),
    };
  }

  /** Whether no figure was reported. */
  get empty(): boolean {
    return this.cost === undefined && TOKENS.every((name) => this[name] === undefined);
  }
}

/** Rounds US dollars to a billionth. */
export function roundedDollars(cost: number): number {
  return Number(cost.toFixed(9));
}
