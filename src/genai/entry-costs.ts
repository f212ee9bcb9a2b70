import type { Entry } from '../context/flow-context.js';
import { GEN_AI } from './attribute-names.js';
import { UsageSum, type Usage } from './usage.js';

const sums = new WeakMap<Entry, UsageSum>();

/** Adds a call's cost to the request, message or job that it serves; that span shows the sum. */
export function addToEntry(entry: Entry, usage: Usage): void {
  const sum = sums.get(entry) ?? new UsageSum();
  sums.set(entry, sum);
  sum.add(usage);
  const { inputTokens, outputTokens, costUsd } = sum;
  entry.context.span?.setAttributes({
    ...(inputTokens === undefined ? {} : { [GEN_AI.inputTokens]: inputTokens }),
    ...(outputTokens === undefined ? {} : { [GEN_AI.outputTokens]: outputTokens }),
    ...(costUsd === undefined ? {} : { [GEN_AI.cost]: costUsd }),
  });
}
