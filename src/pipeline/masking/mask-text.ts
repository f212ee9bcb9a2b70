import type { MaskingConfig } from '../../config/masking-config.js';
import { REDACTED_VALUE, SECRET_HEADERS, SECRET_NAMES_IN_TEXT, SECRET_SHAPES } from './mask-defaults.js';
import { hintsOf, mayHoldName, mayHoldShape } from './mask-hints.js';
import { isSecretEntry, type KeyMask } from './mask-keys.js';

/** JSON text beyond this length is masked as running text. */
const MAX_JSON = 65_536;
/** What is shorter has no room for a name and a secret. */
const MIN_LENGTH = 6;

const SPECIAL = /[.*+?^${}()|[\]\\/]/g;

/** Replaces secrets inside texts. */
export class TextMask {
  private readonly hint: RegExp | undefined;
  private readonly named: RegExp | undefined;
  private readonly patterns: readonly RegExp[];
  private readonly defaults: boolean;
  private readonly maxLength: number;

  constructor(
    { defaults = true, keys = [], patterns = [], maxLength = Infinity }: MaskingConfig,
    private readonly keyMask: KeyMask,
  ) {
    this.defaults = defaults;
    this.maxLength = maxLength;
    this.patterns = patterns.map((pattern) => new RegExp(pattern.source, globalFlags(pattern)));
    const names = [...(defaults ? [SECRET_NAMES_IN_TEXT] : []), ...keys.map(nameInText)].join('|');
    if (names === '') return;
    this.hint = new RegExp(names, 'i');
    this.named = new RegExp(
      // The name, with a prefix such as `db_`; a quote, escaped or not; then a quoted value, a list, an object, a header's scheme and value,
      // or a word; not what the server span has redacted in a query, by the word of the conventions.
      `((?<![\\w-])[\\w-]{0,32}(?:${names})\\\\{0,8}["']?\\s{0,16}[:=]>?\\s{0,16})(?!REDACTED\\b)` +
        `(?:"(?:[^"\\\\]|\\\\[\\s\\S])*"?|'(?:[^'\\\\]|\\\\[\\s\\S])*'?|\\\\{1,8}"(?:(?!\\\\{1,8}")[\\s\\S])*|\\[[^\\]]*\\]?|\\{[^}]*\\}?|(?:(?:Bearer|Basic|Digest)\\s{1,4})?[^\\s,;&|)}\\]"'\\\\]+)`,
      'gi',
    );
  }

  mask(text: string): string {
    const masked = text.length < MIN_LENGTH ? text : this.maskSecrets(text);
    return masked.length > this.maxLength ? masked.slice(0, this.maxLength) : masked;
  }

  private maskSecrets(text: string): string {
    let masked = text;
    const hints = hintsOf(text);
    if (mayHoldName(hints) && this.hint?.test(text) === true) {
      masked = this.maskJson(text) ?? this.maskNamed(text);
    }
    if (this.defaults && mayHoldShape(masked, hints)) {
      for (const { pattern, replacement } of SECRET_SHAPES) masked = masked.replace(pattern, replacement);
    }
    for (const pattern of this.patterns) masked = masked.replace(pattern, REDACTED_VALUE);
    return masked;
  }

  private maskNamed(text: string): string {
    if (this.named === undefined) return text;
    let masked = text;
    if (this.defaults) {
      for (const { pattern, replacement } of SECRET_HEADERS) masked = masked.replace(pattern, replacement);
    }
    return masked.replace(this.named, (match: string, name: string) => {
      const quote = /^\\{0,8}["']/.exec(match.slice(name.length))?.[0] ?? '';
      return `${name}${quote}${REDACTED_VALUE}${quote.startsWith('\\') ? '' : quote}`;
    });
  }

  /** Masks by the names in JSON text. @returns nothing if it is none */
  private maskJson(text: string): string | undefined {
    const first = text.charCodeAt(0);
    // `{` or `[`
    if ((first !== 123 && first !== 91) || text.length > MAX_JSON) return undefined;
    try {
      const parsed: unknown = JSON.parse(text);
      return JSON.stringify(this.maskTree(parsed));
    } catch {
      return undefined;
    }
  }

  private maskTree(value: unknown): unknown {
    if (typeof value === 'string') return this.mask(value);
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) {
      return value.map((item) =>
        isSecretEntry(item, (name) => this.keyMask.isSecret(name))
          ? [item[0], REDACTED_VALUE]
          : this.maskTree(item),
      );
    }
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [
        key,
        this.keyMask.isSecret(key) ? REDACTED_VALUE : this.maskTree(item),
      ]),
    );
  }
}

function globalFlags(pattern: RegExp): string {
  return `${pattern.flags.replace(/[gy]/g, '')}g`;
}

/** `orderRef` as it may be written: `order_ref`, `order-ref`, `orderref`. */
function nameInText(key: string): string {
  const letters = [...key.replace(/[_\s-]/g, '')];
  return letters.map((letter) => letter.replace(SPECIAL, '\\$&')).join('[_-]?');
}
