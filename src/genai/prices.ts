import type { ModelPrice } from '../config/genai-config.js';
import { compilePatterns } from '../context/name-patterns.js';
import { roundedDollars, type Usage } from './usage.js';

/** US dollars of one call. */
export interface Cost {
  readonly prompt: number;
  readonly completion: number;
  readonly total: number;
}

const MILLION = 1e6;
/** Models whose price is remembered; a name that is made up at run time stops here. */
const MAX_KNOWN = 500;

/** Prices of models, as the options give them; other models have no price. */
export class PriceTable {
  private readonly rules: readonly (readonly [(model: unknown) => boolean, ModelPrice])[];
  private readonly known = new Map<string, ModelPrice | undefined>();
  private readonly missing = new Set<string>();

  constructor(prices: Readonly<Record<string, ModelPrice>>) {
    this.rules = Object.entries(prices)
      .sort(([a], [b]) => specificity(b) - specificity(a))
      .map(([name, price]) => [compilePatterns([name]), price]);
  }

  /** Whether there is any price at all. */
  get empty(): boolean {
    return this.rules.length === 0;
  }

  /** The price of the first of these names that has one. */
  find(provider: string | undefined, models: readonly (string | undefined)[]): ModelPrice | undefined {
    for (const model of models) {
      const price = model === undefined ? undefined : this.lookup(provider, model);
      if (price !== undefined) return price;
    }
    return undefined;
  }

  /** Whether it is the first time that a model turns out to have no price. */
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

/** The cost of tokens; absent if no tokens were reported. */
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

/** Exact names come before patterns, longer patterns before shorter ones. */
function specificity(name: string): number {
  return name.includes('*') ? name.replaceAll('*', '').length : 10_000 + name.length;
}
