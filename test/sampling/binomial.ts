import { expect } from 'vitest';

/** Six standard deviations: with correct code, less than one run in five hundred million falls outside. */
const DEVIATIONS = 6;

/** Asserts that `kept` of `total` independent traces may come from a sampler of this ratio. */
export function expectRatio(kept: number, total: number, ratio: number): void {
  const expected = total * ratio;
  const bound = DEVIATIONS * Math.sqrt(total * ratio * (1 - ratio));
  expect(Math.abs(kept - expected), `${kept} of ${total} kept at ${ratio}`).toBeLessThanOrEqual(bound);
}
