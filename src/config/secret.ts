import { inspect } from 'node:util';

/** The text that replaces a secret when a configuration is shown. */
export const REDACTED = '****';

/**
 * Holds a credential and shows `****` in JSON, template strings, logs and `util.inspect`. Only `reveal()`
 * returns the credential.
 *
 * Exporter configurations accept it for header values and private keys.
 */
export class Secret {
  readonly #value: string;

  /** @param value - the credential in clear */
  constructor(value: string) {
    this.#value = value;
  }

  /** Returns the credential in clear. */
  reveal(): string {
    return this.#value;
  }

  /** Returns `****`. */
  toString(): string {
    return REDACTED;
  }

  /** Returns `****`. */
  toJSON(): string {
    return REDACTED;
  }

  /** Returns `****`. */
  [Symbol.toPrimitive](): string {
    return REDACTED;
  }

  /** Returns `****`. */
  [inspect.custom](): string {
    return REDACTED;
  }
}

/** Header values by name; they are treated as secrets. */
export type HeaderValues<Value extends string | Secret = string | Secret> = Readonly<Record<string, Value>>;

/** Returns the clear value of a secret or of a plain string. */
export function reveal(value: string | Secret): string {
  return value instanceof Secret ? value.reveal() : value;
}

/** Wraps each value of headers in a {@link Secret}. */
export function secretHeaders(headers: HeaderValues): HeaderValues<Secret> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      value instanceof Secret ? value : new Secret(value),
    ]),
  );
}

/**
 * Returns headers with clear values for sending; `console.log` and loggers still show `****`.
 *
 * **Gotchas** `JSON.stringify` and a spread see the clear values, so that connections can be compared by
 * content.
 */
export function revealHeaders(headers: HeaderValues): HeaderValues<string> {
  const revealed: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) revealed[name] = reveal(value);
  return Object.defineProperty(revealed, inspect.custom, { value: () => redactHeaders(headers) });
}

/** Replaces the value of each header with `****`. */
export function redactHeaders(headers: HeaderValues): HeaderValues<string> {
  return Object.fromEntries(Object.keys(headers).map((name) => [name, REDACTED]));
}
