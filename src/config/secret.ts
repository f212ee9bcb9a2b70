import { inspect } from 'node:util';

/** The placeholder for a secret wherever a configuration is shown. */
export const REDACTED = '****';

/**
 * A credential that shows as `****` in JSON, template strings, logs and `util.inspect`; only
 * `reveal()` gives it away.
 *
 * Accepted wherever an exporter's configuration takes a header value or a private key.
 */
export class Secret {
  readonly #value: string;

  /** @param value - the credential in clear */
  constructor(value: string) {
    this.#value = value;
  }

  /** The credential in clear. */
  reveal(): string {
    return this.#value;
  }

  /** `****`. */
  toString(): string {
    return REDACTED;
  }

  /** `****`. */
  toJSON(): string {
    return REDACTED;
  }

  /** `****`. */
  [Symbol.toPrimitive](): string {
    return REDACTED;
  }

  /** `****`. */
  [inspect.custom](): string {
    return REDACTED;
  }
}

/** Header values, which are secrets more often than not. */
export type HeaderValues<Value extends string | Secret = string | Secret> = Readonly<Record<string, Value>>;

/** The value in clear of a secret, or of a string that was never wrapped. */
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
 * Headers in clear for sending; `console.log` and a logger still show `****`.
 *
 * **Gotchas** `JSON.stringify` and a spread see the values, so that connections can be told apart by content.
 */
export function revealHeaders(headers: HeaderValues): HeaderValues<string> {
  const revealed: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) revealed[name] = reveal(value);
  return Object.defineProperty(revealed, inspect.custom, { value: () => redactHeaders(headers) });
}

/** Replaces each header's value by `****`. */
export function redactHeaders(headers: HeaderValues): HeaderValues<string> {
  return Object.fromEntries(Object.keys(headers).map((name) => [name, REDACTED]));
}
