import type { HrTime, TimeInput } from '@opentelemetry/api';

const RESYNC_MILLIS = 10_000;

let offset = 0;
let validUntil = -1;

/**
 * Returns the current time in milliseconds since the Unix epoch, with sub-microsecond fraction.
 *
 * The clock is monotonic only between two synchronisations with the wall clock, which happen every ten
 * seconds. Measure durations with {@link monotonicMillis}.
 */
export function epochMillis(monotonic = performance.now()): number {
  if (monotonic > validUntil) {
    offset = Date.now() - monotonic;
    validUntil = monotonic + RESYNC_MILLIS;
  }
  return offset + monotonic;
}

/** Returns the monotonic clock in milliseconds. */
export function monotonicMillis(): number {
  return performance.now();
}

/** Converts epoch milliseconds to the API's `[seconds, nanoseconds]`. */
export function toHrTime(millis: number): HrTime {
  const seconds = Math.trunc(millis / 1000);
  const nanos = Math.round((millis - seconds * 1000) * 1e6);
  return nanos === 1e9 ? [seconds + 1, 0] : [seconds, nanos];
}

/**
 * Converts any form of the API's `TimeInput` to epoch milliseconds. As in the SDK, a number below the
 * current monotonic time counts as a monotonic time.
 */
export function fromTimeInput(time: TimeInput): number {
  if (typeof time === 'number')
    return time <= performance.now() ? epochMillis() - performance.now() + time : time;
  if (time instanceof Date) return time.getTime();
  return time[0] * 1000 + time[1] / 1e6;
}
