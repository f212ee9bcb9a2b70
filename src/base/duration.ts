/**
 * Formats a duration with three significant digits and a unit: `412 µs`, `8.21 ms`, `1.07 s`, `2 m 05 s`.
 */
export function duration(millis: number): string {
  const micros = Math.round(millis * 1000);
  if (micros < 1000) return `${micros} µs`;
  if (millis < 999.5) return `${threeDigits(millis)} ms`;
  const seconds = millis / 1000;
  if (seconds < 59.95) return `${threeDigits(seconds)} s`;
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)} m ${String(whole % 60).padStart(2, '0')} s`;
}

/** Formats a number from 1 to 999 with three significant digits. */
export function threeDigits(value: number): string {
  return value.toFixed(value < 9.995 ? 2 : value < 99.95 ? 1 : 0);
}
