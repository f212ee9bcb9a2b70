import { expect } from 'vitest';

/** Below it, a measurement says more about the machine than about the work. */
const NOISE_MILLIS = 4;

/**
 * Expects that twice the input takes about twice the time, and four times the input four times: quadratic
 * work would take sixteen.
 *
 * @param work - called with the size of the input, 1, 2 or 4
 */
export function expectLinear(work: (times: 1 | 2 | 4) => unknown): void {
  work(1);
  const once = Math.max(
    NOISE_MILLIS,
    fastest(() => work(1)),
  );
  const twice = fastest(() => work(2));
  const fourTimes = fastest(() => work(4));
  expect({ twice: twice / once < 5, fourTimes: fourTimes / once < 9 }).toEqual({
    twice: true,
    fourTimes: true,
  });
}

/** In milliseconds, the least disturbed of a few runs. */
function fastest(work: () => unknown): number {
  let best = Infinity;
  for (let run = 0; run < 4; run += 1) {
    const start = performance.now();
    work();
    best = Math.min(best, performance.now() - start);
  }
  return best;
}
