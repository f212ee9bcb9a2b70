import { propagation, type Baggage, type BaggageEntry, type BaggageEntryMetadata } from '@opentelemetry/api';

/** The most entries in one baggage; the specification asks for at least this many. */
export const MAX_BAGGAGE_ENTRIES = 64;
/** The most bytes of all entries together, as written in a `baggage` header. */
export const MAX_BAGGAGE_BYTES = 8192;
/** The most bytes of one entry, as written in a `baggage` header. */
const MAX_ENTRY_BYTES = 4096;
const MAX_KEY_LENGTH = 256;

/** The reason why an entry was refused. */
export type BaggageRefusal =
  /** The name is empty, too long, has control characters, or is a property of every JavaScript object. */
  | 'invalid_key'
  /**
   * The value is not a text, or has broken percent-encoding, control characters or half a surrogate pair.
   */
  | 'invalid_value'
  /** The entry is longer than 4,096 bytes. */
  | 'too_long'
  /** The baggage has 64 entries already. */
  | 'too_many'
  /** The baggage would exceed 8,192 bytes. */
  | 'too_large'
  /** The name is on the deny-list, such as a password. */
  | 'denied'
  /** An identity header occurred twice. */
  | 'ambiguous'
  /** `trust` rejected the request. */
  | 'untrusted'
  /** The caller's entry is not on the allow-list. It is counted without a warning. */
  | 'not_allowed';

/** Receives the reason for each refused entry, never its value. */
export type OnRefusal = (reason: BaggageRefusal) => void;

// eslint-disable-next-line no-control-regex -- what must not get into a header or a log line
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;
const PLAIN = /^[\w.!*'()~-]*$/;
/** Printable ASCII characters except separators of entries; may be empty. */
const METADATA = /^[\t\u0020-\u002b\u002d-\u007e]*$/;

/**
 * Whether an entry may have this name. Property names of every object are refused, since names become
 * attributes.
 */
function isBaggageKey(key: unknown): key is string {
  return (
    typeof key === 'string' &&
    key !== '' &&
    key.length <= MAX_KEY_LENGTH &&
    !CONTROL.test(key) &&
    !(key in Object.prototype) &&
    key !== 'prototype'
  );
}

/** Percent-encodes a text; returns nothing for half a surrogate pair, which UTF-8 cannot encode. */
function encode(text: string): string | undefined {
  if (PLAIN.test(text)) return text;
  try {
    return encodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** Formats an entry for a `baggage` header; returns nothing if it cannot be encoded. */
export function encodeEntry(key: string, { value, metadata }: BaggageEntry): string | undefined {
  const encodedKey = encode(key);
  const encodedValue = encode(value);
  if (encodedKey === undefined || encodedValue === undefined) return undefined;
  const properties = metadata?.toString() ?? '';
  const entry = `${encodedKey}=${encodedValue}`;
  return properties === '' || !METADATA.test(properties) ? entry : `${entry};${properties}`;
}

/**
 * Collects valid entries within the limits, so that the resulting baggage can always be propagated whole.
 *
 * @see {@link https://www.w3.org/TR/baggage/#limits | W3C Baggage, limits}
 */
export class BaggageBuilder {
  private readonly entries = new Map<string, { readonly entry: BaggageEntry; readonly bytes: number }>();
  private bytes = 0;

  /** @param denied - selects names that are never accepted */
  constructor(
    private readonly onRefusal: OnRefusal = () => undefined,
    private readonly denied?: (key: string) => boolean,
  ) {}

  /** Starts a builder with the entries of an existing baggage. */
  static from(
    baggage: Baggage | undefined,
    onRefusal?: OnRefusal,
    denied?: (key: string) => boolean,
  ): BaggageBuilder {
    const builder = new BaggageBuilder(onRefusal, denied);
    for (const [key, { value, metadata }] of baggage?.getAllEntries() ?? [])
      builder.add(key, value, metadata);
    return builder;
  }

  /**
   * Adds an entry, or replaces the one of this name.
   *
   * @returns whether the entry was accepted; it replaces an earlier entry of the same name
   */
  add(key: unknown, value: unknown, metadata?: BaggageEntryMetadata): boolean {
    const refusal = this.take(key, value, metadata);
    if (refusal !== undefined) this.onRefusal(refusal);
    return refusal === undefined;
  }

  remove(key: string): void {
    this.bytes -= this.entries.get(key)?.bytes ?? 0;
    this.entries.delete(key);
  }

  /** Returns the names that were accepted so far. */
  keys(): ReadonlySet<string> {
    return new Set(this.entries.keys());
  }

  /** Returns the baggage, or nothing if no entry was accepted. */
  build(): Baggage | undefined {
    if (this.entries.size === 0) return undefined;
    const record: Record<string, BaggageEntry> = {};
    for (const [key, { entry }] of this.entries) record[key] = entry;
    return propagation.createBaggage(record);
  }

  private take(key: unknown, value: unknown, metadata?: BaggageEntryMetadata): BaggageRefusal | undefined {
    if (!isBaggageKey(key)) return 'invalid_key';
    if (this.denied?.(key) === true) return 'denied';
    if (typeof value !== 'string') return 'invalid_value';
    if (value.length > MAX_ENTRY_BYTES) return 'too_long';
    if (CONTROL.test(value)) return 'invalid_value';
    const entry: BaggageEntry = metadata === undefined ? { value } : { value, metadata };
    const encoded = encodeEntry(key, entry);
    if (encoded === undefined) return 'invalid_value';
    if (encoded.length > MAX_ENTRY_BYTES) return 'too_long';
    const previous = this.entries.get(key);
    if (previous === undefined && this.entries.size >= MAX_BAGGAGE_ENTRIES) return 'too_many';
    // The comma between entries counts as one more byte.
    const bytes = encoded.length + 1;
    const total = this.bytes - (previous?.bytes ?? 0) + bytes;
    if (total - 1 > MAX_BAGGAGE_BYTES) return 'too_large';
    this.entries.set(key, { entry, bytes });
    this.bytes = total;
    return undefined;
  }
}

/**
 * Applies the entries that were set or removed since one baggage to another baggage.
 *
 * @param current - `before` with later changes applied
 */
export function rebaseBaggage(
  current: Baggage | undefined,
  before: Baggage | undefined,
  after: Baggage | undefined,
): Baggage | undefined {
  if (current === before) return after;
  const builder = BaggageBuilder.from(after);
  for (const [key] of before?.getAllEntries() ?? []) {
    if (current?.getEntry(key) === undefined) builder.remove(key);
  }
  for (const [key, { value, metadata }] of current?.getAllEntries() ?? []) {
    if (before?.getEntry(key)?.value !== value) builder.add(key, value, metadata);
  }
  return builder.build();
}
