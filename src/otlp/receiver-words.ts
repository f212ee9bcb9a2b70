/** The longest excerpt of a receiver's message in a log. */
const MAX_SHOWN_CHARS = 160;
/** The longest part of a receiver's message that is searched for secrets. */
const MAX_READ_CHARS = 16_384;
/** The shortest text that counts as a secret. Masking shorter ones would damage ordinary words. */
const MIN_SECRET_CHARS = 4;
/**
 * The number of first characters of a secret that are masked even alone, since receivers repeat truncated
 * credentials.
 */
const TELLING_CHARS = 8;
const REDACTED = '****';

/**
 * Cleans receivers' messages before a log, a status or an error shows them: one short line without the
 * exporter's secrets, which some receivers repeat. Every message goes through this class.
 */
export class ReceiverWords {
  private readonly secrets: readonly string[];

  /**
   * @param address - the address with user, password and query as given
   * @param headers - header values in clear; each value, and each credential inside it, counts as a secret
   */
  constructor(address: URL, headers: Readonly<Record<string, string>> = {}) {
    const secrets = new Set<string>();
    for (const value of [...secretsOfAddress(address), ...Object.values(headers).flatMap(secretsOfHeader)]) {
      for (const form of formsOf(value)) if (form.length >= MIN_SECRET_CHARS) secrets.add(form);
    }
    // A secret may contain another one, so the longest is masked first.
    this.secrets = [...secrets].sort((a, b) => b.length - a.length);
  }

  /** Cleans a receiver's message. @returns one line of at most 160 characters; may be empty */
  quote(message: string): string {
    let text = message.slice(0, MAX_READ_CHARS);
    for (const secret of this.secrets) text = without(text, secret);
    // Removes control characters, marks that change the direction of text, and line breaks.
    text = text.replace(/[\s\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ').trim();
    return text.length > MAX_SHOWN_CHARS ? `${text.slice(0, MAX_SHOWN_CHARS)}…` : text;
  }
}

function secretsOfAddress(address: URL): string[] {
  const { username, password, search } = address;
  const query = search.slice(1);
  const values = query.split('&').map((pair) => pair.slice(pair.indexOf('=') + 1));
  const basic = `${decoded(username)}:${decoded(password)}`;
  return [basic, Buffer.from(basic).toString('base64'), username, password, query, ...values];
}

/**
 * Returns the secrets in a header value such as `Bearer abc`, `Basic dXNlcjpwYXNz` or `key=abc; other=def`:
 * the whole value, and every part that may be a credential.
 */
function secretsOfHeader(value: string): string[] {
  const parts = value
    .split(/[\s,;=]+/)
    .filter((part) => !/^(?:bearer|basic|token|digest|apikey)$/i.test(part));
  // Base64 padding belongs to the text before it.
  const padded = value.split(/[\s,;]+/);
  const basic = /^basic\s+(\S+)$/i.exec(value)?.[1];
  const clear = basic === undefined ? [] : [Buffer.from(basic, 'base64').toString('utf8')];
  return [value, ...padded, ...parts, ...clear, ...clear.flatMap((pair) => pair.split(':'))];
}

/**
 * Returns the forms in which a receiver may repeat a secret: unchanged, decoded, encoded for an address or
 * in JSON.
 */
function formsOf(value: string): string[] {
  const plain = decoded(value);
  return [value, plain, encodeURIComponent(plain), JSON.stringify(plain).slice(1, -1)];
}

/** Removes a secret, and long prefixes of it, from a text, ignoring case. */
function without(text: string, secret: string): string {
  const lower = text.toLowerCase();
  const wanted = secret.toLowerCase();
  const beginning = wanted.slice(0, Math.max(TELLING_CHARS, MIN_SECRET_CHARS));
  let kept = '';
  let copied = 0;
  let at = lower.indexOf(beginning);
  while (at !== -1) {
    let length = beginning.length;
    while (length < wanted.length && lower[at + length] === wanted[length]) length += 1;
    kept += `${text.slice(copied, at)}${REDACTED}`;
    copied = at + length;
    at = lower.indexOf(beginning, copied);
  }
  return copied === 0 ? text : kept + text.slice(copied);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
