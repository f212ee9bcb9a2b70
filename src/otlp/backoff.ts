const FIRST_MILLIS = 200;
const FACTOR = 1.6;
/** During this first minute, waits are so short that a receiver's return is noticed within two seconds. */
const SHORT_OUTAGE_MILLIS = 60_000;
const SHORT_OUTAGE_CAP_MILLIS = 1_000;
const CAP_MILLIS = 5_000;
const FIRST_PROBE_MILLIS = 5_000;
const PROBE_CAP_MILLIS = 60_000;

/**
 * Returns the delay before a retry: exponential, with jitter so that many processes do not retry at the
 * same moment.
 *
 * @param failures - the number of failures in a row, at least 1
 * @param failingMillis - the time since the first of them, in milliseconds
 * @returns from half of the exponential delay to all of it
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

/** Returns the delay before the next probe of a destination that needs a fix, with the same jitter. */
export function probeMillis(failures: number, random: () => number = Math.random): number {
  const delay = Math.min(PROBE_CAP_MILLIS, FIRST_PROBE_MILLIS * 2 ** (failures - 1));
  return delay * (0.5 + random() / 2);
}
