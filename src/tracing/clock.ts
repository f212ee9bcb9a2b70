import type { HrTime, TimeInput } from '@opentelemetry/api';

const RESYNC_MILLIS = 10_000;

let offset = 0;
let validUntil = -1;

/**
 * Now, in milliseconds since the Unix epoch with sub-microsecond fraction.
 *
 * Monotonic between two synchronisations with the wall clock (every ten seconds), so that the duration of a
 * span must be taken from {@link elapsed}, not from two readings.
 */
export function epochMillis(monotonic = performance.now()): number {
  if (monotonic > validUntil) {
    offset = Date.now() - monotonic;
    validUntil = monotonic + RESYNC_MILLIS;
  }
  return offset + monotonic;
}

/** Milliseconds on the monotonic clock. */
export function monotonicMillis(): number {
  return performance.now();
}

/** Splits epoch milliseconds into the API's `[seconds, nanoseconds]`. */
export function toHrTime(millis: number): HrTime {
  const seconds = Math.trunc(millis / 1000);
  const nanos = Math.round((millis - seconds * 1000) * 1e6);
  return nanos === 1e9 ? [seconds + 1, 0] : [seconds, nanos];
}

/**
 * Reads every form of the API's `TimeInput` as epoch milliseconds; a number below the monotonic clock's
 * reading is one of its readings, as in the SDK.
 */
export function fromTimeInput(time: TimeInput): number {
  if (typeof time === 'number')
    return time <= performance.now() ? epochMillis() - performance.now() + time : time;
  if (time instanceof Date) return time.getTime();
  return time[0] * 1000 + time[1] / 1e6;
}
