import { decodePercent } from './secret-names.js';

/** Attributes whose value is an address or a query. */
export const ADDRESS_ATTRIBUTES: ReadonlySet<string> = new Set(['url.full', 'http.url', 'http.target']);
export const QUERY_ATTRIBUTES: ReadonlySet<string> = new Set(['url.query', 'url.fragment']);

/** The rules for masking the parameters of a query. */
export interface QueryRules {
  /** Whether a parameter with this name gives access. */
  readonly isSecret: (name: string) => boolean;
  /** The value that replaces a secret. */
  readonly mark: string;
  /** Masks the value of any other parameter, such as an address or JSON; default: unchanged. */
  readonly maskValue?: (value: string) => string;
}

/** Masks the parameters of a query, given without its question mark. */
export function maskQuery(query: string, { isSecret, mark, maskValue }: QueryRules): string {
  return query
    .split('&')
    .map((pair) => {
      const equals = pair.indexOf('=');
      const name = pair.slice(0, Math.max(0, equals));
      const value = pair.slice(equals + 1);
      if (name !== '' && isSecret(decodePercent(name))) return isMasked(value) ? pair : `${name}=${mark}`;
      if (maskValue === undefined || !/[:=%]/.test(value)) return pair;
      const plain = decodePercent(value);
      const masked = maskValue(plain);
      if (masked === plain) return pair;
      return `${pair.slice(0, equals + 1)}${plain === value ? masked : encodeURIComponent(masked)}`;
    })
    .join('&');
}

/** Masks the queries and fragments of addresses in a text: from a `?` to the next space or quote. */
export function maskQueriesIn(text: string, rules: QueryRules): string {
  if (!text.includes('=')) return text;
  return text.replace(/[?#]([^\s"'<>\\#]*)/g, (match, query: string) =>
    query.includes('=') ? `${match.slice(0, 1)}${maskQuery(query, rules)}` : match,
  );
}

/** The longest password in an address that is searched for, in characters. */
const MAX_PASSWORD = 512;

/** Masks the passwords in addresses of a text: `scheme://user:password@host`. */
export function maskUserInfo(text: string, mark: string): string {
  let masked = '';
  let copied = 0;
  let scheme = text.indexOf('://');
  while (scheme !== -1) {
    const start = scheme + 3;
    const next = text.indexOf('://', start);
    const place = passwordIn(text, start, next === -1 ? text.length : next);
    if (place !== undefined && /[a-z]/i.test(text[scheme - 1] ?? '')) {
      masked += `${text.slice(copied, place[0])}${mark}`;
      copied = place[1];
    }
    scheme = next;
  }
  return copied === 0 ? text : masked + text.slice(copied);
}

/** Returns the start and end of the password, if there is one in the range. */
function passwordIn(text: string, start: number, limit: number): readonly [number, number] | undefined {
  const rest = text.slice(start, Math.min(limit, start + 2 * MAX_PASSWORD));
  const address = /^[^\s"'<>]*/.exec(rest)?.[0] ?? '';
  const authority = /^[^/?#]*/.exec(address)?.[0] ?? '';
  const colon = authority.indexOf(':');
  if (colon === -1 || authority.startsWith('[')) return undefined;
  let at = authority.lastIndexOf('@');
  // A password may contain an unencoded slash, but a slash after a port begins a path.
  if (at === -1 && !/^:\d{0,5}$/.test(authority.slice(colon))) at = address.lastIndexOf('@');
  if (at <= colon + 1 || isMasked(address.slice(colon + 1, at))) return undefined;
  return [start + colon + 1, start + at];
}

function isMasked(value: string): boolean {
  return value === 'REDACTED' || value === '__REDACTED__';
}
