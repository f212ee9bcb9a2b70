import type { MaskingConfig } from '../../config/masking-config.js';
import {
  HARMLESS_PASS,
  NOISE_WORD,
  SECRET_ENDING,
  SECRET_LAST_NAMES,
  SECRET_NAMES,
  SECRET_PARAMETERS,
} from './mask-defaults.js';

/** The most cached verdicts; beyond it the cache is emptied. Long names are not cached. */
const MAX_VERDICTS = 2000;
const MAX_KEPT_NAME = 64;

/**
 * Recognises credentials by their names, in every spelling. Attributes, texts, JSON, headers and queries
 * share this one list.
 */
export class SecretNames {
  private readonly names: ReadonlySet<string>;
  private readonly lastNames: ReadonlySet<string>;
  private readonly own: readonly string[];
  private readonly defaults: boolean;
  private readonly verdicts = new Map<string, boolean>();

  constructor({ defaults = true, keys = [] }: MaskingConfig = {}) {
    this.own = keys.map((key) => key.split('.').map(joined).join('.'));
    this.defaults = defaults;
    this.names = new Set([...(defaults ? SECRET_NAMES : []), ...this.own]);
    this.lastNames = new Set(defaults ? SECRET_LAST_NAMES : []);
  }

  /**
   * Whether a name, such as `user[password]`, `HTTP_AUTHORIZATION` or `api.key`, names a credential.
   */
  has(name: string): boolean {
    let verdict = this.verdicts.get(name);
    if (verdict !== undefined) return verdict;
    verdict = this.judge(name);
    if (name.length > MAX_KEPT_NAME) return verdict;
    if (this.verdicts.size >= MAX_VERDICTS) this.verdicts.clear();
    this.verdicts.set(name, verdict);
    return verdict;
  }

  /**
   * Whether a query parameter is a credential. In addresses, short words such as `sig` and `code` give
   * access, too.
   */
  hasParameter(name: string): boolean {
    if (this.has(name)) return true;
    return this.defaults && segmentsOf(name).some((segment) => SECRET_PARAMETERS.has(segment.toLowerCase()));
  }

  /**
   * Whether the words before a `:` or `=` in running text end in a credential's name.
   * `password.service.ts:7` does not: it is a place in code.
   */
  endsText(text: string): boolean {
    const segments = segmentsOf(text);
    const last = joined(segments.at(-1) ?? '');
    if (this.lastNames.has(last) || this.names.has(last)) return true;
    if (this.defaults && isCredential(segments.join('_'))) return true;
    const whole = segments.map(joined).join('.');
    return this.own.some((name) => whole.endsWith(name));
  }

  private judge(name: string): boolean {
    const segments = segmentsOf(name);
    const whole = segments.map(joined);
    return (
      this.lastNames.has(whole.at(-1) ?? '') ||
      this.names.has(whole.join('.')) ||
      whole.some((segment) => this.names.has(segment)) ||
      (this.defaults && (isCredential(segments.at(-1) ?? '') || isCredential(segments.join('_'))))
    );
  }
}

/** Decodes a percent-encoded text, as far as it is valid. */
export function decodePercent(text: string): string {
  if (!text.includes('%')) return text;
  return text.replace(/(?:%[0-9a-f]{2})+/gi, (encoded) => {
    try {
      return decodeURIComponent(encoded);
    } catch {
      return encoded;
    }
  });
}

function segmentsOf(name: string): string[] {
  return decodePercent(name)
    .split(/[.[\]:\s]+/)
    .filter((segment) => segment !== '');
}

function isCredential(segment: string): boolean {
  const words = segment.match(/[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+/g) ?? [];
  while (words.length > 1 && NOISE_WORD.test((words.at(-1) ?? '').toLowerCase())) words.pop();
  const last = words.at(-1)?.toLowerCase();
  const before = words.at(-2)?.toLowerCase();
  if ((last === 'pass' || last === 'pw') && before !== undefined) return !HARMLESS_PASS.test(before);
  return SECRET_ENDING.test(words.join('').toLowerCase());
}

function joined(name: string): string {
  return name.toLowerCase().replace(/[_\s-]/g, '');
}
