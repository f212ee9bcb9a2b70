import type { FlowRequest } from '../context/flow-context.js';
import { GEN_AI } from './attribute-names.js';
import { UsageSum, type Usage } from './usage.js';

const sums = new WeakMap<FlowRequest, UsageSum>();

/** Adds a call to the request that it serves, whose server span shows the sum. */
export function addToRequest(request: FlowRequest, usage: Usage): void {
  const sum = sums.get(request) ?? new UsageSum();
  sums.set(request, sum);
  sum.add(usage);
  const { inputTokens, outputTokens, costUsd } = sum;
  request.span?.setAttributes({
    ...(inputTokens === undefined ? {} : { [GEN_AI.inputTokens]: inputTokens }),
    ...(outputTokens === undefined ? {} : { [GEN_AI.outputTokens]: outputTokens }),
    ...(costUsd === undefined ? {} : { [GEN_AI.cost]: costUsd }),
  });
}
