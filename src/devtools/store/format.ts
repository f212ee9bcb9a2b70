import { threeDigits } from '../../base/duration.js';

export function clock(millis: number): string {
  const date = new Date(millis);
  const fraction = String(date.getMilliseconds()).padStart(3, '0');
  return `${date.toLocaleTimeString([], { hour12: false })}.${fraction}`;
}

export function bytes(count: number): string {
  if (count < 1024) return `${count} B`;
  if (count < 1024 * 1024) return `${threeDigits(count / 1024)} KiB`;
  return `${threeDigits(count / 1024 / 1024)} MiB`;
}

export function plural(count: number, noun: string): string {
  return `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;
}

/** Formats an attribute's value as text; structures become JSON. */
export function text(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value, undefined, 2);
}
