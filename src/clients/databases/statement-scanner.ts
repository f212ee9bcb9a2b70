/** The dialects for literals, names and comments. */
export type SqlDialect = 'postgresql' | 'mysql' | 'sqlite' | 'other';

/**
 * The kinds of tokens in a statement. `quoted` is a name that SQLite reads as a string if nothing has that
 * name.
 */
export type TokenKind = 'word' | 'name' | 'quoted' | 'literal' | 'placeholder' | 'symbol';

/** Receives the tokens of a statement in order. */
export interface TokenSink {
  /**
   * Receives the next token of a statement.
   *
   * @param text - `?` for a literal; as written for a quoted name
   * @param spaced - whether white space or a comment came before
   * @returns whether to continue
   */
  token(kind: TokenKind, text: string, spaced: boolean): boolean;
}

const QUOTE = 39;
const DOUBLE_QUOTE = 34;
const BACKTICK = 96;
const BACKSLASH = 92;
const DOLLAR = 36;
const DOT = 46;

/**
 * Reads a statement once, in linear time. Anything that is not certainly a name, a keyword, a placeholder
 * or a symbol counts as a literal, as does everything after an unclosed quote.
 */
export class StatementScanner {
  private at = 0;
  private spaced = false;
  /** Whether the last token was a string with escapes, which a string on the next line would continue. */
  private escaping = false;
  private isOpen = false;

  constructor(
    private readonly text: string,
    private readonly dialect: SqlDialect,
    private readonly sink: TokenSink,
    /** Whether a backslash escapes a character in strings; undefined while no reading closes all quotes. */
    private readonly escapes = escapesIn(text, dialect),
  ) {}

  /** Whether every quote is closed and no word touches one. */
  closes(): boolean {
    this.run();
    return !this.isOpen;
  }

  run(): void {
    const { text } = this;
    while (this.at < text.length) {
      if (this.skipBlank()) continue;
      if (!this.next(text.charCodeAt(this.at))) return;
    }
  }

  private next(code: number): boolean {
    const { text, dialect } = this;
    if (code === QUOTE) return this.string(QUOTE, this.escaping || this.escapes);
    if (code === DOUBLE_QUOTE)
      return dialect === 'mysql' ? this.string(code, this.escapes) : this.quotedName(code);
    if (code === BACKTICK && dialect !== 'postgresql') return this.quotedName(BACKTICK);
    if (code === 91 && (dialect === 'sqlite' || dialect === 'other')) return this.bracketedName();
    if (isDigit(code) || (code === DOT && isDigit(text.charCodeAt(this.at + 1)))) return this.number();
    if (code === DOLLAR) return this.dollar();
    if (code === 63) return this.question();
    if ((code === 58 || code === 64) && isWordStart(text.charCodeAt(this.at + 1))) {
      // `::type` is a cast; `:name` and `@name` are placeholders.
      const cast = code === 58 && text.charCodeAt(this.at - 1) === 58;
      return cast ? this.symbol() : this.emit('placeholder', this.endOfWord(this.at + 1));
    }
    return isWordStart(code) ? this.word() : this.symbol();
  }

  private word(): boolean {
    const end = this.endOfWord(this.at);
    const quote = this.text.charCodeAt(end);
    const isPrefix = end - this.at === 1 && /[bxneBXNE]/.test(this.text[this.at] ?? '');
    if (isPrefix && quote === QUOTE) {
      const escapes = /[eE]/.test(this.text[this.at] ?? '') && this.escapes === false ? true : this.escapes;
      this.at = end;
      return this.string(QUOTE, escapes);
    }
    return this.emit('word', end);
  }

  private string(quote: number, escapes: boolean | undefined): boolean {
    const goesOn = this.literal(this.endOfString(quote, escapes));
    this.escaping = escapes === true;
    return goesOn;
  }

  private symbol(): boolean {
    return this.emit('symbol', this.at + 1);
  }

  private emit(kind: TokenKind, end: number, text = this.text.slice(this.at, end)): boolean {
    const { spaced } = this;
    this.at = end;
    this.spaced = false;
    this.escaping = false;
    return this.sink.token(kind, text, spaced);
  }

  private literal(end: number): boolean {
    return this.emit('literal', end, '?');
  }

  /** Reads `$1`, `$name`, or a string between `$tag$` and `$tag$`. */
  private dollar(): boolean {
    const { text, at } = this;
    const end = this.endOfWord(at + 1, false);
    if (text.charCodeAt(end) === DOLLAR && !isDigit(text.charCodeAt(at + 1))) {
      const tag = text.slice(at, end + 1);
      const close = text.indexOf(tag, end + 1);
      const isOpen = close === -1 || (this.dialect !== 'postgresql' && hasOddQuotes(text.slice(end, close)));
      return this.literal(isOpen ? text.length : close + tag.length);
    }
    return end === at + 1 ? this.symbol() : this.emit('placeholder', end);
  }

  /** Reads a placeholder with or without a number, or a JSON operator. */
  private question(): boolean {
    let end = this.at + 1;
    while (isDigit(this.text.charCodeAt(end))) end += 1;
    return this.emit('placeholder', end, '?');
  }

  private number(): boolean {
    const { text } = this;
    let end = this.at + 1;
    const hex = /[xXbBoO]/.test(text[end] ?? '');
    for (; ; end += 1) {
      const code = text.charCodeAt(end);
      if (isWordPart(code) || code === DOT) continue;
      const exponent = !hex && (code === 43 || code === 45) && /[eE]/.test(text[end - 1] ?? '');
      if (!exponent || !isDigit(text.charCodeAt(end + 1))) break;
    }
    return this.literal(end);
  }

  private quotedName(quote: number): boolean {
    const end = this.endOfString(quote, false);
    const closed = end <= this.text.length && this.text.charCodeAt(end - 1) === quote && end > this.at + 1;
    if (!closed) return this.literal(this.text.length);
    const certain = this.dialect !== 'sqlite' || quote !== DOUBLE_QUOTE || this.text.charCodeAt(end) === DOT;
    return this.emit(certain ? 'name' : 'quoted', end);
  }

  private bracketedName(): boolean {
    if (!isWordStart(this.text.charCodeAt(this.at + 1))) return this.symbol();
    const close = this.text.indexOf(']', this.at);
    return close === -1 ? this.literal(this.text.length) : this.emit('name', close + 1);
  }

  /** Returns the end of the string that begins here; doubled quotes are part of it. */
  private endOfString(quote: number, escapes: boolean | undefined): number {
    const { text } = this;
    let index = this.at + 1;
    for (; index < text.length; index += 1) {
      const code = text.charCodeAt(index);
      if (code === BACKSLASH && escapes === true) index += 1;
      else if (code === BACKSLASH && escapes === undefined && text.charCodeAt(index + 1) === quote) break;
      else if (code === quote) {
        if (text.charCodeAt(index + 1) === quote) index += 1;
        else if (!this.isEscapedAnyway(index, quote)) {
          if (isWordPart(text.charCodeAt(index + 1))) this.isOpen = true;
          return index + 1;
        }
      }
    }
    this.isOpen = true;
    return text.length;
  }

  /** Whether the quote was escaped by a backslash after all: only a symbol may directly follow a string. */
  private isEscapedAnyway(index: number, quote: number): boolean {
    return (
      quote === QUOTE &&
      this.text.charCodeAt(index - 1) === BACKSLASH &&
      isWordPart(this.text.charCodeAt(index + 1))
    );
  }

  private endOfWord(start: number, dollars = true): number {
    let end = start;
    for (; ; end += 1) {
      const code = this.text.charCodeAt(end);
      if (!isWordPart(code) && !(dollars && code === DOLLAR)) return end;
    }
  }

  /** Skips one stretch of white space or one comment. */
  private skipBlank(): boolean {
    const { text, at } = this;
    const code = text.charCodeAt(at);
    if (code <= 32 || code === 0xa0 || code === 0xfeff) {
      this.at += 1;
    } else if (this.lineCommentBegins(code)) {
      const line = this.dialect === 'postgresql' ? /[\r\n]/g : /\n/g;
      line.lastIndex = at;
      this.at = line.exec(text)?.index ?? text.length;
    } else if (code === 47 && text.charCodeAt(at + 1) === 42) {
      this.at = this.endOfComment();
    } else {
      return false;
    }
    this.spaced = true;
    return true;
  }

  private lineCommentBegins(code: number): boolean {
    const { text, at, dialect } = this;
    if (code === 35) return dialect === 'mysql';
    if (code !== 45 || text.charCodeAt(at + 1) !== 45) return false;
    const after = text.charCodeAt(at + 2);
    return dialect !== 'mysql' || Number.isNaN(after) || after <= 32;
  }

  /** Returns the end of a comment. Only PostgreSQL has nested comments. */
  private endOfComment(): number {
    const { text, dialect } = this;
    let index = this.at + 2;
    let depth = 1;
    for (; index < text.length && depth > 0; index += 1) {
      const code = text.charCodeAt(index);
      const after = text.charCodeAt(index + 1);
      if (code === 42 && after === 47) depth -= 1;
      else if (code === 47 && after === 42 && dialect === 'postgresql') depth += 1;
      else continue;
      index += 1;
    }
    // Some servers execute this comment, and may end it elsewhere.
    const isRun = dialect === 'mysql' && /^M?!/.test(text.slice(this.at + 2, this.at + 4));
    return isRun && hasOddQuotes(text.slice(this.at, index)) ? text.length : index;
  }
}

function hasOddQuotes(text: string): boolean {
  return ["'", '"', '`'].some((quote) => text.split(quote).length % 2 === 0);
}

const NOBODY: TokenSink = { token: () => true };

/**
 * Decides whether a backslash escapes. Servers can be configured either way; the default is used if it
 * closes every quote.
 */
function escapesIn(text: string, dialect: SqlDialect): boolean | undefined {
  const usual = dialect === 'mysql';
  const certain = !/\\['"]/.test(text) || new StatementScanner(text, dialect, NOBODY, usual).closes();
  return certain ? usual : undefined;
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

function isWordStart(code: number): boolean {
  return (code >= 65 && code <= 90) || (code >= 97 && code <= 122) || code === 95 || code >= 128;
}

function isWordPart(code: number): boolean {
  return isWordStart(code) || isDigit(code);
}
