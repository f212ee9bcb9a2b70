/** The longest excerpt of a receiver's message in a log. */
const MAX_SHOWN_CHARS = 160;
/** The longest part of a receiver's message that is searched for secrets. */
const MAX_READ_CHARS = 16_384;
/** Shorter values are not secrets, and masking them would tear words apart. */
const MIN_SECRET_CHARS = 4;
/**
 * The first characters of a longer secret are masked too: receivers repeat credentials that are cut off.
 */
const TELLING_CHARS = 8;
const REDACTED = '****';

/**
 * The one place that everything passes which a receiver says before a log, a status or an error shows it: one
 * short line, without any secret of the exporter, which some receivers repeat.
 */
export class ReceiverWords {
  private readonly secrets: readonly string[];

  /**
   * @param address - with user, password and query as they were given
   * @param headers - in clear; each value counts as a secret, and so does each credential inside it
   */
  constructor(address: URL, headers: Readonly<Record<string, string>> = {}) {
    const secrets = new Set<string>();
    for (const value of [...secretsOfAddress(address), ...Object.values(headers).flatMap(secretsOfHeader)]) {
      for (const form of formsOf(value)) if (form.length >= MIN_SECRET_CHARS) secrets.add(form);
    }
    // Longest first: a secret may contain another.
    this.secrets = [...secrets].sort((a, b) => b.length - a.length);
  }

  /** @returns one line of at most 160 characters, which may be empty */
  quote(message: string): string {
    let text = message.slice(0, MAX_READ_CHARS);
    for (const secret of this.secrets) text = without(text, secret);
    // Controls, marks that turn the direction of a line, and line breaks of any kind.
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
 * `Bearer abc`, `Basic dXNlcjpwYXNz`, `key=abc; other=def`: the whole, and every part
 * that may be a credential.
 */
function secretsOfHeader(value: string): string[] {
  const parts = value
    .split(/[\s,;=]+/)
    .filter((part) => !/^(?:bearer|basic|token|digest|apikey)$/i.test(part));
  // Padding belongs to what stands before it.
  const padded = value.split(/[\s,;]+/);
  const basic = /^basic\s+(\S+)$/i.exec(value)?.[1];
  const clear = basic === undefined ? [] : [Buffer.from(basic, 'base64').toString('utf8')];
  return [value, ...padded, ...parts, ...clear, ...clear.flatMap((pair) => pair.split(':'))];
}

/** The forms in which a secret may come back: as it is, decoded, encoded for an address or inside JSON. */
function formsOf(value: string): string[] {
  const plain = decoded(value);
  return [value, plain, encodeURIComponent(plain), JSON.stringify(plain).slice(1, -1)];
}

/** The text without a secret, in any case, nor a long beginning of it. */
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
