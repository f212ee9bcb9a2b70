import type { MaskingConfig } from '../../config/masking-config.js';
import { REDACTED_VALUE, SECRET_HINT, SECRET_SHAPES } from './mask-defaults.js';
import { hintsOf, mayBeEncoded, mayHoldName, mayHoldShape } from './mask-hints.js';
import { isSecretEntry } from './mask-keys.js';
import { maskNamed } from './mask-named.js';
import { maskQueriesIn, maskQuery, maskUserInfo, type QueryRules } from './mask-query.js';
import { decodePercent, type SecretNames } from './secret-names.js';

/** The longest text that is parsed as JSON, in characters; longer texts are masked as running text. */
const MAX_JSON = 65_536;
/** The shortest text that can hold a name and a secret, in characters. */
const MIN_LENGTH = 6;
/** The most levels of encoding and of texts inside of texts. */
const MAX_DEPTH = 4;
/** The semantic conventions' placeholder for a masked part of an address. */
const REDACTED_PARAMETER = 'REDACTED';

const SPECIAL = /[.*+?^${}()|[\]\\/]/g;

/** Masks secrets in texts, in linear time. */
export class TextMask {
  private readonly hint: RegExp | undefined;
  private readonly patterns: readonly RegExp[];
  private readonly defaults: boolean;
  private readonly maxLength: number;
  private depth = 0;
  private readonly inTexts: QueryRules;
  private readonly inAddresses: QueryRules;

  constructor(
    { defaults = true, keys = [], patterns = [], maxLength = Infinity }: MaskingConfig,
    private readonly names: SecretNames,
  ) {
    this.defaults = defaults;
    this.maxLength = maxLength;
    this.patterns = patterns.map((pattern) => new RegExp(pattern.source, globalFlags(pattern)));
    const hints = [...(defaults ? [SECRET_HINT] : []), ...keys.map(nameInText)].join('|');
    if (hints !== '') this.hint = new RegExp(hints, 'i');
    const isSecret = (name: string): boolean => names.hasParameter(name);
    const maskValue = (value: string): string => this.maskInner(value);
    this.inTexts = { isSecret, maskValue, mark: REDACTED_VALUE };
    this.inAddresses = { isSecret, maskValue, mark: REDACTED_PARAMETER };
  }

  mask(text: string): string {
    return this.cut(text.length < MIN_LENGTH ? text : this.maskSecrets(text));
  }

  /** Masks an address, as in `url.full`. */
  maskAddress(address: string): string {
    return this.cut(
      this.maskShapes(maskQueriesIn(maskUserInfo(address, REDACTED_PARAMETER), this.inAddresses)),
    );
  }

  /** Masks the query of an address, given without its question mark. */
  maskQuery(query: string): string {
    return this.cut(this.maskShapes(maskQuery(query, this.inAddresses)));
  }

  private cut(text: string): string {
    return text.length > this.maxLength ? text.slice(0, this.maxLength) : text;
  }

  private maskInner(text: string): string {
    if (this.depth >= MAX_DEPTH || text.length < MIN_LENGTH) return text;
    this.depth += 1;
    try {
      return this.maskSecrets(text);
    } finally {
      this.depth -= 1;
    }
  }

  private maskSecrets(text: string): string {
    let masked = text;
    const hints = hintsOf(text);
    if (mayHoldName(hints)) {
      const json = this.maskJson(text);
      if (json !== undefined) masked = json;
      else {
        if (this.defaults) masked = maskQueriesIn(masked, this.inTexts);
        if (this.hint?.test(masked) === true) masked = maskNamed(masked, (name) => this.names.endsText(name));
      }
    }
    masked = this.maskShapes(masked, hints);
    return mayBeEncoded(hints) ? this.maskDecoded(masked) : masked;
  }

  private maskShapes(text: string, hints = hintsOf(text)): string {
    let masked = text;
    if (this.defaults && mayHoldShape(masked, hints)) {
      masked = maskUserInfo(masked, REDACTED_VALUE);
      for (const { pattern, replacement } of SECRET_SHAPES) {
        masked =
          typeof replacement === 'string'
            ? masked.replace(pattern, replacement)
            : masked.replace(pattern, replacement);
      }
    }
    for (const pattern of this.patterns) masked = masked.replace(pattern, REDACTED_VALUE);
    return masked;
  }

  /**
   * Masks a text in its decoded form. If that finds a secret, the decoded form is returned; otherwise the
   * text is unchanged.
   */
  private maskDecoded(text: string): string {
    const plain = decodePercent(text);
    if (plain === text) return text;
    const masked = this.maskInner(plain);
    return masked === plain ? text : masked;
  }

  /** Masks by the names in JSON text. @returns `undefined` if the text is not JSON */
  private maskJson(text: string): string | undefined {
    if (this.hint === undefined) return undefined;
    const first = text.charCodeAt(0);
    // The codes of `{` and `[`.
    if ((first !== 123 && first !== 91) || text.length > MAX_JSON) return undefined;
    try {
      const parsed: unknown = JSON.parse(text);
      return JSON.stringify(this.maskTree(parsed));
    } catch {
      return undefined;
    }
  }

  private maskTree(value: unknown): unknown {
    if (typeof value === 'string') return this.maskInner(value);
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) {
      return value.map((item) =>
        isSecretEntry(item, (name) => this.names.has(name)) ? [item[0], REDACTED_VALUE] : this.maskTree(item),
      );
    }
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [
        key,
        this.names.has(key) ? REDACTED_VALUE : this.maskTree(item),
      ]),
    );
  }
}

function globalFlags(pattern: RegExp): string {
  return `${pattern.flags.replace(/[gy]/g, '')}g`;
}

/** Returns a pattern for all spellings of a key: `orderRef`, `order_ref`, `order-ref`, `orderref`. */
function nameInText(key: string): string {
  const letters = [...key.replace(/[_\s-]/g, '')];
  return letters.map((letter) => letter.replace(SPECIAL, '\\$&')).join('[_-]?');
}
