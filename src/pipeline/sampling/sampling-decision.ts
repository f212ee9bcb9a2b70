import { SamplingDecision, type SamplingResult } from '../../sdk/sampler.js';

export const KEEP: SamplingResult = { decision: SamplingDecision.RECORD_AND_SAMPLED };
/** The span and everything below it are not recorded. */
export const DROP: SamplingResult = { decision: SamplingDecision.NOT_RECORD };
/** The span alone is not recorded: what it calls belongs to its parent. */
export const SKIP: SamplingResult = { decision: SamplingDecision.NOT_RECORD };

/**
 * Trace ids carry 56 random bits on the right; the share kept is the upper end of that range, as for
 * consistent probability sampling.
 */
const RANDOM_DIGITS = 14;
const RANDOM_RANGE = 2 ** 56;

/**
 * Whether an id belongs to the share that is kept; the same everywhere for the same id.
 *
 * @param id - a trace or span id, in hex
 * @param share - 0 to 1; ids kept at a share are kept at every larger one
 */
export function keepsShare(id: string, share: number): boolean {
  if (share >= 1) return true;
  if (share <= 0) return false;
  return Number.parseInt(id.slice(-RANDOM_DIGITS), 16) >= (1 - share) * RANDOM_RANGE;
}
