import { charCodeAt } from '../../base/char-code-at.js';
import { REDACTED_VALUE } from './mask-defaults.js';

/** The longest name that is examined, in characters; of a longer one only the end. */
const MAX_NAME = 128;
const MAX_SPACES = 16;
const MAX_BACKSLASHES = 8;

const IN_NAME = /[\w.%[\]-]/;
const MASKED = /(?:__REDACTED__|REDACTED\b)/y;
const SPACES = /\s{0,16}/y;
/** Matches a scheme and a credential, or a scheme and parameters. */
const AUTHORIZATION = new RegExp(
  String.raw`[\w-]{1,32}[ \t]{1,4}` +
    String.raw`(?:[\w-]{1,32}=(?:"[^"]*"?|[^\s,;"']*)(?:,\s{0,4}(?=[\w-]{1,32}=))?|[^\s,;&|)}\]"'\\]+)+`,
  'y',
);
const COOKIES = /[^\s;,"'\\]+(?:;\s{0,4}[^\s;,"'\\=]{1,64}(?:=[^\s;,"'\\]*)?)*/y;
const ESCAPED_QUOTE = /\\{1,8}"/y;
const WORD = /(?:(?:Bearer|Basic|Digest)\s{1,4})?[^\s,;&|)}\]"'\\]+/iy;

/**
 * Masks values that follow a credential's name in running text: `password=…`, `"api_key": "…"`,
 * `Cookie: a=1; b=2`.
 *
 * The search visits each `:` or `=` once. It reads back over the name, no further than the last match, then
 * forward over the value, which is then skipped. So the time is linear in the text's length.
 *
 * @param isSecret - whether a name is the name of a credential
 */
export function maskNamed(text: string, isSecret: (name: string) => boolean): string {
  let masked = '';
  let copied = 0;
  let separator = nextSeparator(text, 0);
  while (separator !== -1) {
    const name = nameBefore(text, separator, copied);
    let next = separator + 1;
    if (name !== '' && isSecret(name)) {
      if (text[next] === '>') next += 1;
      const start = endOf(SPACES, text, next);
      const end = valueEnd(text, start, name);
      if (end > start) {
        const quote = /^\\{0,8}["']/.exec(text.slice(start, start + MAX_BACKSLASHES + 1))?.[0] ?? '';
        const closing = quote.startsWith('\\') ? '' : quote;
        masked += `${text.slice(copied, start)}${quote}${REDACTED_VALUE}${closing}`;
        copied = end;
        next = end;
      }
    }
    separator = nextSeparator(text, next);
  }
  return copied === 0 ? text : masked + text.slice(copied);
}

function nextSeparator(text: string, from: number): number {
  for (let at = from; at < text.length; at += 1) {
    const code = charCodeAt(text, at);
    // The code of `:` or `=`.
    if (code === 58 || code === 61) return at;
  }
  return -1;
}

/** Returns the name before a separator; spaces and a quote, escaped or not, may stand in between. */
function nameBefore(text: string, separator: number, from: number): string {
  let end = separator;
  const beforeSpaces = Math.max(from, separator - MAX_SPACES);
  while (end > beforeSpaces && /\s/.test(text[end - 1] ?? '')) end -= 1;
  if (end > from && (text[end - 1] === '"' || text[end - 1] === "'")) {
    end -= 1;
    const beforeBackslashes = Math.max(from, end - MAX_BACKSLASHES);
    while (end > beforeBackslashes && text[end - 1] === '\\') end -= 1;
  }
  let start = end;
  const longest = Math.max(from, end - MAX_NAME);
  while (start > longest && IN_NAME.test(text[start - 1] ?? '')) start -= 1;
  return text.slice(start, end);
}

/**
 * Returns the end of the value that begins at `start`; `start` itself if the value is empty or already
 * masked.
 */
function valueEnd(text: string, start: number, name: string): number {
  if (endOf(MASKED, text, start) > start) return start;
  const opening = text[start];
  if (opening === '[' || opening === '{') return bracketEnd(text, start);
  const quoted = quoteEnd(text, start);
  if (quoted > start) return quoted;
  if (/authorization/i.test(name)) {
    const credentials = endOf(AUTHORIZATION, text, start);
    if (credentials > start) return credentials;
  } else if (/cookie/i.test(name)) {
    const cookies = endOf(COOKIES, text, start);
    if (cookies > start) return cookies;
  }
  return endOf(WORD, text, start);
}

/**
 * Returns the index after the bracket that closes the one at `start`, ignoring brackets in quotes; the end
 * of the text if there is none.
 */
function bracketEnd(text: string, start: number): number {
  let depth = 0;
  let at = start;
  while (at < text.length) {
    const character = text[at];
    // A single quote inside a word is an apostrophe.
    if (character === '"' || (character === "'" && !/\w/.test(text[at - 1] ?? ''))) {
      at = quoteEnd(text, at);
      continue;
    }
    if (character === '[' || character === '{') depth += 1;
    else if (character === ']' || character === '}') depth -= 1;
    at += 1;
    if (depth === 0) return at;
  }
  return at;
}

/**
 * Returns the index after the quote that closes the one at `start`, or the index of an escaped closing
 * quote; `start` if there is none.
 */
function quoteEnd(text: string, start: number): number {
  const quote = text[start];
  if (quote === '"' || quote === "'") {
    let at = start + 1;
    while (at < text.length && text[at] !== quote) at += text[at] === '\\' ? 2 : 1;
    return Math.min(at + 1, text.length);
  }
  const inside = endOf(ESCAPED_QUOTE, text, start);
  if (inside === start) return start;
  let end = text.indexOf('\\', inside);
  while (end !== -1 && endOf(ESCAPED_QUOTE, text, end) === end) end = text.indexOf('\\', end + 1);
  return end === -1 ? text.length : end;
}

function endOf(sticky: RegExp, text: string, at: number): number {
  sticky.lastIndex = at;
  return sticky.test(text) ? sticky.lastIndex : at;
}
