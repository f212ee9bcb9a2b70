import {
  baggageEntryMetadataFromString,
  propagation,
  type Baggage,
  type Context,
  type TextMapGetter,
  type TextMapPropagator,
  type TextMapSetter,
} from '@opentelemetry/api';
import {
  BaggageBuilder,
  encodeEntry,
  MAX_BAGGAGE_BYTES,
  MAX_BAGGAGE_ENTRIES,
  type OnRefusal,
} from './baggage-builder.js';

/** The name of the header, and of the entry in any other carrier. */
export const BAGGAGE_HEADER = 'baggage';

/** The longest header that is read, in characters. A Node server accepts 16 KiB of headers by default. */
const MAX_PARSED_LENGTH = 65_536;

/**
 * Reads a `baggage` header into a builder, which applies the limits. Malformed entries are refused one by
 * one. Never throws.
 *
 * @param accepts - selects entries by name before they count against a limit
 * @see {@link https://www.w3.org/TR/baggage/#baggage-http-header-format | W3C Baggage, header format}
 */
export function readBaggageHeader(
  header: string,
  builder: BaggageBuilder,
  onRefusal: OnRefusal,
  accepts: (key: string) => boolean = () => true,
): void {
  const text = header.length > MAX_PARSED_LENGTH ? header.slice(0, MAX_PARSED_LENGTH) : header;
  for (let start = 0; start < text.length;) {
    const comma = text.indexOf(',', start);
    const end = comma === -1 ? text.length : comma;
    readMember(text.slice(start, end), builder, onRefusal, accepts);
    start = end + 1;
  }
}

function readMember(
  member: string,
  builder: BaggageBuilder,
  onRefusal: OnRefusal,
  accepts: (key: string) => boolean,
): void {
  if (member.trim() === '') return;
  const semicolon = member.indexOf(';');
  const pair = semicolon === -1 ? member : member.slice(0, semicolon);
  const equals = pair.indexOf('=');
  const key = decode(pair.slice(0, Math.max(equals, 0)));
  if (key === undefined || key === '') {
    onRefusal('invalid_key');
    return;
  }
  if (!accepts(key)) {
    onRefusal('not_allowed');
    return;
  }
  const metadata = semicolon === -1 ? '' : member.slice(semicolon + 1).trim();
  builder.add(
    key,
    decode(pair.slice(equals + 1)),
    metadata === '' ? undefined : baggageEntryMetadataFromString(metadata),
  );
}

function decode(text: string): string | undefined {
  const trimmed = text.trim();
  if (!trimmed.includes('%')) return trimmed;
  try {
    return decodeURIComponent(trimmed);
  } catch {
    return undefined;
  }
}

/** Formats a baggage as a header. Entries beyond 64, or beyond 8,192 bytes, are left out whole. */
function formatBaggageHeader(baggage: Baggage): string {
  let header = '';
  let count = 0;
  for (const [key, entry] of baggage.getAllEntries()) {
    if (count >= MAX_BAGGAGE_ENTRIES) break;
    const encoded = encodeEntry(key, entry);
    if (encoded === undefined) continue;
    const next = header === '' ? encoded : `${header},${encoded}`;
    if (next.length > MAX_BAGGAGE_BYTES) continue;
    header = next;
    count += 1;
  }
  return header;
}

/**
 * Propagates baggage in the W3C format within our limits. The SDK's propagator accepts 180 entries and
 * names such as `__proto__`.
 */
export class BaggagePropagator implements TextMapPropagator {
  inject(context: Context, carrier: unknown, setter: TextMapSetter): void {
    const baggage = propagation.getBaggage(context);
    const header = baggage === undefined ? '' : formatBaggageHeader(baggage);
    if (header !== '') setter.set(carrier, BAGGAGE_HEADER, header);
  }

  extract(context: Context, carrier: unknown, getter: TextMapGetter): Context {
    const value = getter.get(carrier, BAGGAGE_HEADER);
    if (value === undefined) return context;
    const builder = new BaggageBuilder();
    for (const header of Array.isArray(value) ? value : [value]) {
      readBaggageHeader(header, builder, () => undefined);
    }
    const baggage = builder.build();
    return baggage === undefined ? context : propagation.setBaggage(context, baggage);
  }

  fields(): string[] {
    return [BAGGAGE_HEADER];
  }
}
