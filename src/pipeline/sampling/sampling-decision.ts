import { SamplingDecision, type SamplingResult } from '../../sdk/sampler.js';

export const KEEP: SamplingResult = { decision: SamplingDecision.RECORD_AND_SAMPLED };
/** The decision to drop a span and everything below it. */
export const DROP: SamplingResult = { decision: SamplingDecision.NOT_RECORD };
/** The decision to leave out one span; its children belong to its parent. */
export const SKIP: SamplingResult = { decision: SamplingDecision.NOT_RECORD };

/**
 * The number of random hex digits at the end of a trace id. The kept share is the upper end of their range,
 * as in consistent probability sampling.
 */
const RANDOM_DIGITS = 14;
const RANDOM_RANGE = 2 ** 56;

/**
 * Whether an id belongs to the kept share. The answer for an id is the same in every process.
 *
 * @param id - a trace or span id, in hex
 * @param share - the share, 0 to 1; an id that is kept at one share is kept at every larger one
 */
export function keepsShare(id: string, share: number): boolean {
  if (share >= 1) return true;
  if (share <= 0) return false;
  return Number.parseInt(id.slice(-RANDOM_DIGITS), 16) >= (1 - share) * RANDOM_RANGE;
}
