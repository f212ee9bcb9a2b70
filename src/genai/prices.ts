import type { ModelPrice } from '../config/genai-config.js';
import { compilePatterns, isWildcard, type TextFilter } from '../context/name-patterns.js';
import { roundedDollars, type Usage } from './usage.js';

/** The cost of one call, in US dollars. */
export interface Cost {
  readonly prompt: number;
  readonly completion: number;
  readonly total: number;
}

const MILLION = 1e6;
/** The most models whose price is cached, since names may be made up at run time. */
const MAX_KNOWN = 500;

/** The prices of models from the options; other models have no price. */
export class PriceTable {
  private readonly rules: readonly (readonly [TextFilter, ModelPrice])[];
  private readonly known = new Map<string, ModelPrice | undefined>();
  private readonly missing = new Set<string>();

  constructor(prices: Readonly<Record<string, ModelPrice>>) {
    this.rules = Object.entries(prices)
      .sort(([a], [b]) => specificity(b) - specificity(a))
      .map(([name, price]) => [compilePatterns([name]), price]);
  }

  /** Whether there are no prices. */
  get empty(): boolean {
    return this.rules.length === 0;
  }

  /** Returns the price of the first of these models that has one. */
  find(provider: string | undefined, models: readonly (string | undefined)[]): ModelPrice | undefined {
    for (const model of models) {
      const price = model === undefined ? undefined : this.lookup(provider, model);
      if (price !== undefined) return price;
    }
    return undefined;
  }

  /** Whether a model without a price is reported for the first time. */
  isNewlyMissing(model: string): boolean {
    if (this.missing.has(model) || this.missing.size >= MAX_KNOWN) return false;
    this.missing.add(model);
    return true;
  }

  private lookup(provider: string | undefined, model: string): ModelPrice | undefined {
    const full = `${provider ?? ''}/${model}`;
    if (this.known.has(full)) return this.known.get(full);
    const price = this.rules.find(([matches]) => matches(full) || matches(model))?.[1];
    if (this.known.size < MAX_KNOWN) this.known.set(full, price);
    return price;
  }
}

/** Returns the cost of tokens; `undefined` if no tokens were reported. */
export function costOf(price: ModelPrice, usage: Usage): Cost | undefined {
  const { inputTokens, outputTokens, cacheReadTokens = 0, cacheWriteTokens = 0 } = usage;
  if (inputTokens === undefined && outputTokens === undefined) return undefined;
  const { inputPerMillion, outputPerMillion = 0 } = price;
  const { cachedInputPerMillion = inputPerMillion, cacheWritePerMillion = inputPerMillion } = price;
  const plain = Math.max(0, (inputTokens ?? 0) - cacheReadTokens - cacheWriteTokens);
  const prompt =
    (plain * inputPerMillion +
      cacheReadTokens * cachedInputPerMillion +
      cacheWriteTokens * cacheWritePerMillion) /
    MILLION;
  const completion = ((outputTokens ?? 0) * outputPerMillion) / MILLION;
  return {
    prompt: roundedDollars(prompt),
    completion: roundedDollars(completion),
    total: roundedDollars(prompt + completion),
  };
}

/** Ranks names: exact ones before patterns, longer patterns before shorter ones. */
function specificity(name: string): number {
  return isWildcard(name) ? name.replaceAll('*', '').length : 10_000 + name.length;
}
