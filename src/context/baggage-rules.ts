import type { Attributes, Baggage } from '@opentelemetry/api';
import { BaggageBuilder, type BaggageRefusal } from './baggage-builder.js';
import { BAGGAGE_HEADER, readBaggageHeader } from './baggage-header.js';
import { BaggageKeys } from './baggage-names.js';
import { activeContext } from './flow-context.js';
import { compileNames, isWildcard, type NameFilter } from './name-patterns.js';
import { ask } from '../base/user-function.js';

/** The members of a request that the rules read: Node's own request, HTTP/1 or HTTP/2. */
export interface InboundRequest {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Names and values in turn, in the order of the request. */
  readonly rawHeaders?: readonly string[];
}

/** The baggage options of an instance, for code without Nest. */
export interface BaggageRuleOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly allow?: readonly string[];
  readonly deny?: readonly string[];
  readonly attributes?: readonly string[];
  readonly metricAttributes?: readonly string[];
  readonly trust?: (request: never) => boolean;
}

/** The formats in which a caller's baggage is read. */
export interface BaggageFormats {
  /** Whether the `baggage` header is read. */
  readonly w3c: boolean;
  /** Whether `uberctx-…` headers are read. */
  readonly jaeger: boolean;
}

/** Receives warnings about refused entries and throwing hooks, at most once a minute per cause. */
export interface BaggageLog {
  warn(cause: string, message: string): void;
}

/** Default request headers that identify the user and session, with the entry of each. */
const DEFAULT_HEADERS: Readonly<Record<string, string>> = {
  'x-user-id': BaggageKeys.USER_ID,
  'x-session-id': BaggageKeys.SESSION_ID,
};

/** Names of credentials. Such entries never enter baggage, whatever the other rules say. */
const SECRET_NAME = new RegExp(
  '(^|[._-])' +
    '(password|passwd|pwd|secret|token|access[_-]?token|authorization|cookies?|credentials?|' +
    'api[_-]?key|apikey|jwt)' +
    '($|[._-])',
  'i',
);

/** Attributes that the library sets. A caller cannot write them, even through a pattern such as `*`. */
const OWN_ATTRIBUTE = new RegExp(
  '^(?:http|url|server|client|network|user_agent|code|nestjs|nestjs_telemetry|error|exception|' +
    'stream|otel|telemetry|service)[.]',
);

const UBER_BAGGAGE = 'uberctx-';

/**
 * Decides for one instance which headers become baggage, which of a caller's entries are kept, and which
 * entries become attributes.
 */
export class BaggageRules {
  /** The number of refused entries, by reason. */
  readonly refused: Partial<Record<BaggageRefusal, number>> = {};
  /**
   * Returns the running flow's entries that the configuration puts on metrics, by name; absent if it names
   * none.
   */
  readonly flowAttributes: (() => Attributes | undefined) | undefined;
  readonly headers: readonly (readonly [header: string, key: string])[];
  private readonly allows: NameFilter | undefined;
  private readonly denies: NameFilter;
  private readonly isAttribute: NameFilter;
  private readonly trust: ((request: InboundRequest) => boolean) | undefined;
  private readonly attributes = new WeakMap<Baggage, Attributes>();

  constructor(
    options: BaggageRuleOptions,
    private readonly log: BaggageLog,
  ) {
    const { headers = DEFAULT_HEADERS, attributes = [], deny = [] } = options;
    this.headers = Object.entries(headers).map(([header, key]) => [header.toLowerCase(), key]);
    const keys = Object.values(headers);
    this.trust = options.trust as typeof this.trust;
    // By default a trusted caller may set every entry, an untrusted one only listed entries.
    const allow = options.allow ?? (this.trust === undefined ? [] : ['*']);
    this.allows = compileNames([...keys, ...allow]);
    const denied = compileNames(deny);
    this.denies = (key) => SECRET_NAME.test(key) || denied?.(key) === true;
    const isListed = compileNames([...keys, ...attributes].filter((name) => !isWildcard(name)));
    const isMeant = compileNames(attributes.filter(isWildcard));
    this.isAttribute = (key) =>
      isListed?.(key) === true || (isMeant?.(key) === true && !OWN_ATTRIBUTE.test(key));
    const named = compileNames((options.metricAttributes ?? []).filter((name) => !isWildcard(name)));
    this.flowAttributes =
      named &&
      (() => {
        const baggage = activeContext().flow?.baggage;
        return baggage && select(baggage, named);
      });
  }

  /**
   * Reads the baggage that a request begins with.
   *
   * @returns nothing if no header holds baggage
   */
  read(request: InboundRequest, formats: BaggageFormats): Baggage | undefined {
    if (!this.concerns(request, formats)) return undefined;
    if (!this.trusts(request)) {
      this.refuse('untrusted');
      return undefined;
    }
    const builder = new BaggageBuilder(this.refuse, this.denies);
    // Mapped headers come first, so that a full baggage has room for them.
    for (const [header, key] of this.headers) this.readIdentity(request, header, key, builder);
    this.readEntries(request.headers, formats, builder);
    return builder.build();
  }

  /**
   * Sets entries of a baggage. `undefined` removes an entry; a refused value removes it as well, so that
   * the old value does not remain.
   *
   * @returns the new baggage, and whether every entry was accepted
   */
  change(
    baggage: Baggage | undefined,
    entries: Readonly<Record<string, unknown>>,
  ): { readonly baggage: Baggage | undefined; readonly complete: boolean } {
    const builder = BaggageBuilder.from(baggage, this.refuse, this.denies);
    let complete = true;
    for (const key of Object.keys(entries)) {
      const value = entries[key];
      builder.remove(key);
      if (value !== undefined) complete = builder.add(key, value) && complete;
    }
    return { baggage: builder.build(), complete };
  }

  /** Returns the attributes of a baggage for spans; computed once per baggage. */
  attributesOf(baggage: Baggage): Attributes {
    let attributes = this.attributes.get(baggage);
    if (attributes === undefined) {
      attributes = select(baggage, this.isAttribute);
      this.attributes.set(baggage, attributes);
    }
    return attributes;
  }

  private concerns({ headers }: InboundRequest, { w3c, jaeger }: BaggageFormats): boolean {
    if (w3c && headers[BAGGAGE_HEADER] !== undefined) return true;
    for (const entry of this.headers) if (headers[entry[0]] !== undefined) return true;
    return jaeger && Object.keys(headers).some((name) => name.startsWith(UBER_BAGGAGE));
  }

  private trusts(request: InboundRequest): boolean {
    const { trust } = this;
    if (trust === undefined) return true;
    return ask(
      () => trust(request),
      (answer: unknown) => answer === true,
      () => {
        this.log.warn(
          'baggage.trust',
          '`baggage.trust` threw or returned a promise, the request goes on without inbound baggage.',
        );
        return false;
      },
    );
  }

  private readIdentity(request: InboundRequest, header: string, key: string, builder: BaggageBuilder): void {
    const value = String(request.headers[header] ?? '');
    if (value === '') return;
    // Node joins repeated headers, so two identities would look like one value.
    if (value.includes(',') && cameTwice(request.rawHeaders, header)) this.refuse('ambiguous');
    else builder.add(key, value);
  }

  private readEntries(
    headers: InboundRequest['headers'],
    formats: BaggageFormats,
    builder: BaggageBuilder,
  ): void {
    const header = formats.w3c ? headers[BAGGAGE_HEADER] : undefined;
    const { allows } = this;
    if (allows === undefined || (header === undefined && !formats.jaeger)) return;
    const identified = builder.keys();
    const accepts: NameFilter = (key) => allows(key) && !identified.has(key);
    if (formats.jaeger) this.readJaeger(headers, builder, accepts);
    if (header !== undefined) readBaggageHeader(String(header), builder, this.refuse, accepts);
  }

  private readJaeger(headers: InboundRequest['headers'], builder: BaggageBuilder, allows: NameFilter): void {
    for (const [name, value] of Object.entries(headers)) {
      if (!name.startsWith(UBER_BAGGAGE)) continue;
      const key = name.slice(UBER_BAGGAGE.length);
      if (allows(key)) builder.add(key, decode(value));
      else this.refuse('not_allowed');
    }
  }

  private readonly refuse = (reason: BaggageRefusal): void => {
    this.refused[reason] = (this.refused[reason] ?? 0) + 1;
    if (reason === 'not_allowed') return;
    this.log.warn(
      `baggage.${reason}`,
      `A baggage entry was refused (${reason}); the request goes on without it.`,
    );
  };
}

function select(baggage: Baggage, selects: NameFilter): Attributes {
  const attributes: Attributes = {};
  for (const [key, { value }] of baggage.getAllEntries()) {
    // Baggage from other code may contain any name.
    if (key !== '__proto__' && selects(key)) attributes[key] = value;
  }
  return attributes;
}

function cameTwice(rawHeaders: readonly string[] | undefined, header: string): boolean {
  let count = 0;
  for (let index = 0; index < (rawHeaders?.length ?? 0); index += 2) {
    if (rawHeaders?.[index]?.toLowerCase() === header) count += 1;
  }
  return count > 1;
}

function decode(value: string | string[] | undefined): string | undefined {
  try {
    return decodeURIComponent(String(value));
  } catch {
    return undefined;
  }
}
