import { propagation, type Baggage, type BaggageEntry, type BaggageEntryMetadata } from '@opentelemetry/api';

/** Entries that one flow can carry; the specification asks for at least as many. */
export const MAX_BAGGAGE_ENTRIES = 64;
/** Length of all entries as they stand in a `baggage` header, in bytes. */
export const MAX_BAGGAGE_BYTES = 8192;
/** Length of one entry as it stands in the header, in bytes. */
const MAX_ENTRY_BYTES = 4096;
const MAX_KEY_LENGTH = 256;

/** Why an entry was not taken. */
export type BaggageRefusal =
  /** A name that is empty, too long, has control characters, or belongs to every JavaScript object. */
  | 'invalid_key'
  /** No text, broken percent-encoding, control characters or half a surrogate pair. */
  | 'invalid_value'
  /** A single entry over 4,096 bytes. */
  | 'too_long'
  /** More than 64 entries. */
  | 'too_many'
  /** More than 8,192 bytes altogether. */
  | 'too_large'
  /** Entries on the deny-list, such as passwords. */
  | 'denied'
  /** An identity header that came twice. */
  | 'ambiguous'
  /** `trust` said no. */
  | 'untrusted'
  /** An entry of the caller's that is not on the allow-list; counted, but not worth a warning. */
  | 'not_allowed';

/** Told of each entry that is not taken; never of its value. */
export type OnRefusal = (reason: BaggageRefusal) => void;

// eslint-disable-next-line no-control-regex -- what must not get into a header or a log line
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;
const PLAIN = /^[\w.!*'()~-]*$/;
/** Printable ASCII but the separators of entries; may be empty. */
const METADATA = /^[\t\u0020-\u002b\u002d-\u007e]*$/;

/**
 * Whether an entry may have this name: nothing that turns up on every object, since names become attributes.
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

/** Percent-encodes; nothing for half a surrogate pair, which UTF-8 cannot say. */
function encode(text: string): string | undefined {
  if (PLAIN.test(text)) return text;
  try {
    return encodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** An entry as it stands in a `baggage` header; nothing if it cannot. */
export function encodeEntry(key: string, { value, metadata }: BaggageEntry): string | undefined {
  const encodedKey = encode(key);
  const encodedValue = encode(value);
  if (encodedKey === undefined || encodedValue === undefined) return undefined;
  const properties = metadata?.toString() ?? '';
  const entry = `${encodedKey}=${encodedValue}`;
  return properties === '' || !METADATA.test(properties) ? entry : `${entry};${properties}`;
}

/**
 * Collects valid entries within the limits, so that whatever is built from it can be sent on whole.
 *
 * @see {@link https://www.w3.org/TR/baggage/#limits | W3C Baggage, limits}
 */
export class BaggageBuilder {
  private readonly entries = new Map<string, { readonly entry: BaggageEntry; readonly bytes: number }>();
  private bytes = 0;

  /** @param denied - names that are never taken */
  constructor(
    private readonly onRefusal: OnRefusal = () => undefined,
    private readonly denied?: (key: string) => boolean,
  ) {}

  /** Starts with what a flow carries already. */
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

  /** @returns whether the entry was taken; a later one replaces an earlier one of that name */
  add(key: unknown, value: unknown, metadata?: BaggageEntryMetadata): boolean {
    const refusal = this.take(key, value, metadata);
    if (refusal !== undefined) this.onRefusal(refusal);
    return refusal === undefined;
  }

  remove(key: string): void {
    this.bytes -= this.entries.get(key)?.bytes ?? 0;
    this.entries.delete(key);
  }

  /** The names that were taken so far. */
  keys(): ReadonlySet<string> {
    return new Set(this.entries.keys());
  }

  /** Nothing, if nothing was taken. */
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
    // One more for the comma between entries.
    const bytes = encoded.length + 1;
    const total = this.bytes - (previous?.bytes ?? 0) + bytes;
    if (total - 1 > MAX_BAGGAGE_BYTES) return 'too_large';
    this.entries.set(key, { entry, bytes });
    this.bytes = total;
    return undefined;
  }
}

/**
 * Moves what was set on top of one baggage, or removed from it, onto another.
 *
 * @param current - `before` with later changes
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
