const FIRST_MILLIS = 200;
const FACTOR = 1.6;
/** Within the first minute a receiver that returns is noticed within two seconds. */
const SHORT_OUTAGE_MILLIS = 60_000;
const SHORT_OUTAGE_CAP_MILLIS = 1_000;
const CAP_MILLIS = 5_000;
const FIRST_PROBE_MILLIS = 5_000;
const PROBE_CAP_MILLIS = 60_000;

/**
 * How long to wait after a failure that may pass by itself: exponential, with jitter so that a fleet
 * does not return in step.
 *
 * @param failures - in a row, at least 1
 * @param failingMillis - since the first of them
 * @returns between half and the whole of the exponential delay
 */
export function backoffMillis(
  failures: number,
  failingMillis: number,
  random: () => number = Math.random,
): number {
  const cap = failingMillis < SHORT_OUTAGE_MILLIS ? SHORT_OUTAGE_CAP_MILLIS : CAP_MILLIS;
  const delay = Math.min(cap, FIRST_MILLIS * FACTOR ** (failures - 1));
  return delay * (0.5 + random() / 2);
}

/** How long to wait before a failure that needs a fix is probed, with the same jitter. */
export function probeMillis(failures: number, random: () => number = Math.random): number {
  const delay = Math.min(PROBE_CAP_MILLIS, FIRST_PROBE_MILLIS * 2 ** (failures - 1));
  return delay * (0.5 + random() / 2);
}
