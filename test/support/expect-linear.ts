import { expect } from 'vitest';

/** Below it, a measurement says more about the machine than about the work. */
const NOISE_MILLIS = 4;

/** A busy machine disturbs a measurement now and then; quadratic work fails each of them. */
const MEASUREMENTS = 5;

/**
 * Expects that twice the input takes about twice the time, and four times the input four times: quadratic
 * work would take sixteen.
 *
 * @param work - called with the size of the input, 1, 2 or 4
 */
export function expectLinear(work: (times: 1 | 2 | 4) => unknown): void {
  work(1);
  let measured = measure(work);
  for (let count = 1; count < MEASUREMENTS && !(measured.twice && measured.fourTimes); count += 1) {
    measured = measure(work);
  }
  expect(measured).toEqual({ twice: true, fourTimes: true });
}

/** Whether the work is about linear, as far as one measurement shows. */
function measure(work: (times: 1 | 2 | 4) => unknown): { twice: boolean; fourTimes: boolean } {
  const once = Math.max(
    NOISE_MILLIS,
    fastest(() => work(1)),
  );
  const twice = fastest(() => work(2));
  const fourTimes = fastest(() => work(4));
  return { twice: twice / once < 5, fourTimes: fourTimes / once < 9 };
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
