/** Three significant digits with a unit: `412 µs`, `8.21 ms`, `1.07 s`, `2 m 05 s`. */
export function duration(millis: number): string {
  if (millis < 0.9995) return `${Math.round(millis * 1000)} µs`;
  if (millis < 999.5) return `${digits(millis)} ms`;
  const seconds = millis / 1000;
  if (seconds < 59.95) return `${digits(seconds)} s`;
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)} m ${String(whole % 60).padStart(2, '0')} s`;
}

function digits(value: number): string {
  return value.toFixed(value < 9.995 ? 2 : value < 99.95 ? 1 : 0);
}

export function clock(millis: number): string {
  const date = new Date(millis);
  return `${date.toLocaleTimeString([], { hour12: false })}.${String(date.getMilliseconds()).padStart(3, '0')}`;
}

export function bytes(count: number): string {
  if (count < 1024) return `${count} B`;
  if (count < 1024 * 1024) return `${digits(count / 1024)} KiB`;
  return `${digits(count / 1024 / 1024)} MiB`;
}

export function plural(count: number, noun: string): string {
  return `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;
}

/** An attribute's value as text; structures as JSON. */
export function text(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value, undefined, 2);
}
