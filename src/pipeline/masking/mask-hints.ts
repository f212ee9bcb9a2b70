/** Flags for the characters in a text that require a closer search. */
import { charCodeAt } from '../../base/char-code-at.js';
const NAMED = 1;
const ADDRESS = 2;
const KEY = 4;
const SCHEME = 8;
const TOKEN = 16;
const ENCODED = 32;
const EVERYTHING = 63;

/** The longest text that is searched for these characters; longer ones always get the closer search. */
const MAX_SCANNED = 2048;
/** The length of a service's shortest key. */
const MIN_KEY_LENGTH = 14;

const MARKS = new Uint8Array(128);
for (const [characters, mark] of [
  [':=', NAMED],
  ['@', ADDRESS],
  ['-_', KEY],
  [' \t\n\r', SCHEME],
  // The first characters of `eyJ`, `AKIA`, `ASIA`, `AIza` and `SG.`.
  ['JAG', TOKEN],
  ['%', ENCODED],
] as const) {
  for (const character of characters) MARKS[character.charCodeAt(0)] = mark;
}

const KEY_HINT = /[sr]k[-_]|gh[pousr]_|github_pat|glpat-|xox|npm_|hf_|-----BEGIN/;
const SCHEME_HINT = /b(?:earer|asic)\s/i;
const TOKEN_HINT = /eyJ|A[KS]IA|AIza|SG\./;

/**
 * Returns the flags of a text: which characters it has that every secret needs. One cheap pass suffices for
 * most texts, which have none.
 */
export function hintsOf(text: string): number {
  if (text.length > MAX_SCANNED) return EVERYTHING;
  let hints = 0;
  for (let index = 0; index < text.length; index += 1) {
    const code = charCodeAt(text, index);
    if (code < 128) hints |= MARKS[code] as number;
  }
  return hints;
}

/** Whether a text with these flags may hold a name and a value. */
export function mayHoldName(hints: number): boolean {
  return (hints & NAMED) !== 0;
}

/** Whether a text with these flags may be percent-encoded. */
export function mayBeEncoded(hints: number): boolean {
  return (hints & ENCODED) !== 0;
}

/** Whether a text may match one of the default patterns. */
export function mayHoldShape(text: string, hints: number): boolean {
  if ((hints & ADDRESS) !== 0 && text.includes('://')) return true;
  if (text.length < MIN_KEY_LENGTH - 1) return false;
  return (
    ((hints & KEY) !== 0 && KEY_HINT.test(text)) ||
    ((hints & SCHEME) !== 0 && SCHEME_HINT.test(text)) ||
    ((hints & TOKEN) !== 0 && TOKEN_HINT.test(text))
  );
}
