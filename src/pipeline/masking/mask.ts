/*
 * How a span is masked, once, when it has ended and before any exporter or processor sees it:
 *
 *   SpanMask    name, attributes, status message, events, links, tracestate
 *      │
 *      │ each attribute: KeyMask.verdict(key), the first that fits
 *      ├─ hidden input or output ─▶ removed, or replaced by __REDACTED__
 *      ├─ name of a credential ───▶ replaced by __REDACTED__
 *      ├─ url.full, url.query … ──▶ TextMask.maskAddress, maskQuery
 *      ├─ own attribute ──────────▶ untouched: a constant, or a name in the code; structures are masked
 *      └─ any other text ─────────▶ TextMask.mask, as for names and messages:
 *             1. hintsOf: one pass over the characters; most texts end here
 *             2. a name and a value?   JSON: values by their keys; else queries of addresses, `name=value`
 *             3. shapes: passwords in addresses, Bearer …, JWT, keys of services; then `masking.patterns`
 *             4. percent-encoded?      decoded, and 1 to 3 again, at most four levels deep
 *             5. cut to `masking.maxLength`, last, so that no half of a secret escapes the patterns
 *
 * Invariants: the time is linear in the length of a text; if masking throws, the span goes out empty.
 */
import {
  createTraceState,
  type Attributes,
  type AttributeValue,
  type Link,
  type SpanContext,
  type SpanStatus,
} from '@opentelemetry/api';
import type { TimedEvent } from '../../sdk/readable-span.js';
import type { MaskingConfig } from '../../config/masking-config.js';
import { REDACTED_VALUE } from './mask-defaults.js';
import { KeyMask, ROUTE_ATTRIBUTES } from './mask-keys.js';
import { TextMask } from './mask-text.js';
import { SecretNames } from './secret-names.js';

/** The most cached names; beyond it the cache is emptied. Long names are not cached. */
const MAX_NAMES = 500;
const MAX_KEPT_NAME = 256;

/** The members of an ending span that may contain texts. */
export interface MaskableSpan {
  name: string;
  attributes: Attributes;
  /** Attributes without the route's, if these are kept separately. */
  readonly ownAttributes?: Attributes;
  status: SpanStatus;
  events: TimedEvent[];
  links: Link[];
  spanContext?: () => SpanContext;
}

/** Masks spans as a {@link MaskingConfig} says. */
export class SpanMask {
  private readonly secrets: SecretNames;
  private readonly keys: KeyMask;
  private readonly texts: TextMask;
  private readonly names = new Map<string, string>();
  /** Whether masking leaves all attributes of a route unchanged. */
  private readonly leavesRoutes: boolean;

  constructor(config: MaskingConfig) {
    this.secrets = new SecretNames(config);
    this.keys = new KeyMask(config, this.secrets);
    this.texts = new TextMask(config, this.secrets);
    this.leavesRoutes = ROUTE_ATTRIBUTES.every((key) => this.keys.leaves(key));
  }

  /**
   * Masks a span in place.
   *
   * @throws the error that occurred, after emptying the span, so that nothing leaves unmasked
   */
  maskSpan(span: MaskableSpan): void {
    try {
      this.maskAll(span);
    } catch (error) {
      Object.assign(span, { attributes: {}, events: [], links: [], status: { code: span.status.code } });
      throw error;
    }
  }

  private maskAll(span: MaskableSpan): void {
    span.name = this.name(span.name);
    this.attributes((this.leavesRoutes ? span.ownAttributes : undefined) ?? span.attributes);
    const { message } = span.status;
    if (message !== undefined) {
      const masked = this.texts.mask(message);
      if (masked !== message) span.status = { ...span.status, message: masked };
    }
    for (const event of span.events) {
      event.name = this.name(event.name);
      if (event.attributes !== undefined) this.attributes(event.attributes);
    }
    if (span.links.length > 0) this.links(span.links);
    const context = span.spanContext?.();
    if (context?.traceState === undefined) return;
    const masked = this.context(context);
    if (masked !== context) span.spanContext = () => masked;
  }

  private links(links: Link[]): void {
    for (const [index, link] of links.entries()) {
      if (link.attributes !== undefined) this.attributes(link.attributes);
      const context = this.context(link.context);
      if (context !== link.context) links[index] = { ...link, context };
    }
  }

  /** Returns a masked copy of attributes that belong to no span, such as a resource's. */
  masked(attributes: Attributes): Attributes {
    const copy = { ...attributes };
    this.attributes(copy);
    return copy;
  }

  /** Masks the `tracestate` of a span context, which comes from callers. */
  private context(context: SpanContext): SpanContext {
    const state = context.traceState?.serialize();
    if (state === undefined || state === '') return context;
    const masked = state
      .split(',')
      .map((member) => {
        const equals = member.indexOf('=');
        const name = member.slice(0, equals);
        if (equals > 0 && this.secrets.has(name.trim())) return `${name}=${REDACTED_VALUE}`;
        return `${member.slice(0, equals + 1)}${this.texts.mask(member.slice(equals + 1))}`;
      })
      .join(',');
    return masked === state ? context : { ...context, traceState: createTraceState(masked) };
  }

  /** Whether a name in recorded arguments and results is the name of a credential. */
  isSecret(key: string): boolean {
    return this.secrets.has(key);
  }

  /** Masks the name of a span or event, with a cache: names are few, unless code puts data into them. */
  private name(name: string): string {
    let masked = this.names.get(name);
    if (masked !== undefined) return masked;
    masked = this.texts.mask(name);
    if (name.length > MAX_KEPT_NAME) return masked;
    if (this.names.size >= MAX_NAMES) this.names.clear();
    this.names.set(name, masked);
    return masked;
  }

  private attributes(attributes: Attributes): void {
    for (const key in attributes) {
      const value = attributes[key];
      switch (this.keys.verdict(key)) {
        case 'trust':
          // The value of a trusted attribute may be a structure, whose content is the user's.
          if (typeof value === 'object') attributes[key] = this.nested(value) as AttributeValue;
          break;
        case 'scan':
          if (typeof value === 'string') {
            const masked = this.texts.mask(value);
            if (masked !== value) attributes[key] = masked;
          } else if (typeof value === 'object') attributes[key] = this.nested(value) as AttributeValue;
          break;
        case 'address':
          if (typeof value === 'string') attributes[key] = this.texts.maskAddress(value);
          else if (typeof value === 'object') attributes[key] = this.nested(value) as AttributeValue;
          break;
        case 'query':
          if (typeof value === 'string') attributes[key] = this.texts.maskQuery(value);
          else if (typeof value === 'object') attributes[key] = this.nested(value) as AttributeValue;
          break;
        case 'redact':
          attributes[key] = REDACTED_VALUE;
          break;
        case 'remove':
          // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- the object is the span's own
          delete attributes[key];
      }
    }
  }

  /** Masks a list or a structure; a list of numbers is returned unchanged. */
  private nested(value: unknown, inList = false): unknown {
    if (typeof value === 'string') return this.texts.mask(value);
    if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
    if (Array.isArray(value)) {
      if (value.every((item) => typeof item !== 'string' && typeof item !== 'object')) return value;
      const [name] = value as unknown[];
      // A pair in a list, such as a header's name and value.
      const isEntry = inList && value.length === 2 && typeof name === 'string';
      if (isEntry && this.secrets.has(name)) return [name, REDACTED_VALUE];
      return value.map((item) => this.nested(item, true));
    }
    const copy = { ...value } as Attributes;
    this.attributes(copy);
    const name = copy['name'] ?? copy['key'];
    if (typeof name === 'string' && copy['value'] !== undefined && this.secrets.has(name)) {
      copy['value'] = REDACTED_VALUE;
    }
    return copy;
  }
}
