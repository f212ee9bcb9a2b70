import { wordSet } from './word-set.js';
import { StatementScanner, type SqlDialect, type TokenKind, type TokenSink } from './statement-scanner.js';

/** A statement without user data. */
export interface Statement {
  /** The text with every literal replaced by `?`, without comments; at most 8,192 characters. */
  readonly text: string;
  /** The operation, such as `SELECT` or `CREATE TABLE`; absent if the text does not begin with one. */
  readonly operation: string | undefined;
  /** The table, if there is exactly one; the procedure of `CALL`. */
  readonly collection: string | undefined;
  /** The operation and its targets, such as `SELECT orders items`. */
  readonly summary: string;
}

const MAX_TEXT = 8192;
const MAX_SUMMARY = 255;
const MAX_TARGETS = 5;
/** Reads a statement in time linear in its length. */
export function readStatement(text: string, dialect: SqlDialect): Statement {
  const reader = new StatementReader(dialect);
  new StatementScanner(text, dialect, reader).run();
  return reader.result();
}

/** Words before a table's name. */
const BEFORE_TARGET = wordSet('FROM JOIN INTO TABLE CALL');
/** Words between one of those and the name. */
const IN_BETWEEN = wordSet('ONLY LATERAL IF NOT EXISTS IGNORE LOW_PRIORITY OR');
const NO_TARGET = wordSet('SELECT SET VALUES UNNEST DUAL STDIN STDOUT OUTFILE DUMPFILE');
/**
 * Words before a table that may be followed by a list of columns. After other words, a name before a
 * parenthesis is a function.
 */
const BEFORE_COLUMNS = wordSet('INTO TABLE COPY');
/** Functions with a `FROM` among their arguments that names no table. */
const FROM_INSIDE = wordSet('EXTRACT SUBSTRING TRIM OVERLAY POSITION');
/** Words before a name, where SQLite accepts no string. */
const BEFORE_NAME = /^(?:as|index|exists|view|references|column|add)$/i;
/** Statements that assign values to names; the values may be words. */
const ASSIGNING = /^(?:SET|PRAGMA|ALTER (?:ROLE|USER|SYSTEM|DATABASE))$/;
/** Words that end a list of tables. */
const AFTER_TABLES = wordSet(
  `WHERE ON USING GROUP ORDER HAVING LIMIT UNION RETURNING WINDOW SET SELECT VALUES`,
);
const DEFINING = wordSet('CREATE DROP ALTER TRUNCATE START ROLLBACK');
const MAIN = wordSet('SELECT INSERT UPDATE DELETE MERGE REPLACE');

/** Writes a statement's text without literals and finds its operation and tables, in one pass. */
class StatementReader implements TokenSink {
  private text = '';
  private operation: string | undefined;
  /** Whether the verb after the names of `WITH` is still to come. */
  private seeksMain = false;
  private readonly commonNames = new Set<string>();
  private commonName = '';
  private readonly targets: string[] = [];
  /** Whether a table's name is expected. */
  private expecting: 'no' | 'target' | 'more' = 'no';
  private target = '';
  /** The word after which the table's name is expected. */
  private introducer = '';
  private joined = false;
  private lastWord = '';
  private wordBefore = '';
  /** The open parentheses: the word before each, and whether each is in a list of tables. */
  private readonly open: { readonly word: string; readonly lists: boolean }[] = [];
  private over = false;
  /** The list after `IN (`, with the number of removed values; `undefined` elsewhere. */
  private list: { values: number; readonly depth: number } | undefined;
  /** The depth of a list of columns. */
  private columns = -1;
  /** Whether a comma is followed by another table. */
  private lists = false;
  /** The statement's first words, some of which form its verb. */
  private verb = '';
  private assigns = false;
  private last: { readonly kind: TokenKind; readonly text: string } = { kind: 'symbol', text: '' };

  constructor(private readonly dialect: SqlDialect) {}

  token(kind: TokenKind, text: string, spaced: boolean): boolean {
    if (this.text.length > MAX_TEXT) return false;
    const isLiteral = (kind === 'quoted' && this.mayBeLiteral()) || this.isAssigned(kind, text);
    this.write(isLiteral ? 'literal' : kind, isLiteral ? '?' : text, spaced);
    if (!this.over) this.understand(isLiteral ? 'literal' : kind, text);
    this.last = { kind, text };
    return true;
  }

  result(): Statement {
    this.endTarget(false);
    const targets = this.targets.filter((name) => !this.commonNames.has(name.toLowerCase()));
    const operation = this.operation?.slice(0, MAX_SUMMARY);
    const text = this.text.length > MAX_TEXT ? `${this.text.slice(0, MAX_TEXT - 1)}…` : this.text;
    const summary = [operation ?? 'SQL', ...targets.slice(0, MAX_TARGETS)].join(' ').slice(0, MAX_SUMMARY);
    return { text, operation, collection: targets.length === 1 ? targets[0] : undefined, summary };
  }

  private write(kind: TokenKind, text: string, spaced: boolean): void {
    const value = kind === 'literal' || kind === 'placeholder';
    const { list } = this;
    if (list !== undefined && (value || text === ',')) {
      if (value) list.values += 1;
      // The first value stands for all of them.
      if (list.values > 1 || text === ',') return;
    } else if (text === '(' && /^in$/i.test(this.lastWord) && this.last.kind === 'word') {
      this.list = { values: 0, depth: this.open.length };
    } else {
      this.list = undefined;
    }
    this.text += (spaced && this.text !== '' ? ' ' : '') + text;
  }

  private isAssigned(kind: TokenKind, text: string): boolean {
    if (kind === 'symbol') {
      this.assigns =
        text !== ';' &&
        text !== '(' &&
        (this.assigns || (text === '=' && this.open.length === 0 && ASSIGNING.test(this.verb)));
      if (text === ';') this.verb = '';
      return false;
    }
    if (this.assigns) return kind === 'word' || kind === 'name' || kind === 'quoted';
    if (kind !== 'word') return false;
    const word = text.toUpperCase();
    if (this.verb === '' || this.verb === 'ALTER') this.verb = `${this.verb} ${word}`.trim();
    this.assigns = this.verb === 'SET' && word === 'TO';
    return false;
  }

  private mayBeLiteral(): boolean {
    const { text } = this.last;
    const isColumn = this.open.length === this.columns && (text === '(' || text === ',');
    return text !== '.' && !BEFORE_NAME.test(text) && !isColumn && this.expecting === 'no';
  }

  private understand(kind: TokenKind, text: string): void {
    if (kind === 'word') this.word(text, text.toUpperCase());
    else if (kind === 'name' || kind === 'quoted') this.name(text.slice(1, -1));
    else if (kind === 'symbol') this.symbol(text);
    else this.endTarget(false);
  }

  private word(text: string, upper: string): void {
    const first = this.operation === undefined;
    if (first) this.operation = upper;
    else if (
      this.operation !== undefined &&
      DEFINING.has(this.operation) &&
      this.wordBefore === '' &&
      this.lastWord === this.operation &&
      /^[A-Z]+$/.test(upper)
    )
      this.operation = `${this.operation} ${upper}`;
    if (first && upper === 'WITH') this.seeksMain = true;
    else if (this.seeksMain && this.open.length === 0) {
      if (MAIN.has(upper)) {
        this.operation = upper;
        this.seeksMain = false;
      } else if (upper === 'AS') this.commonNames.add(this.commonName);
      else this.commonName = text.toLowerCase();
    }
    const introduces = BEFORE_TARGET.has(upper)
      ? !this.namesNoTable(upper)
      : upper === 'UPDATE' && this.operation === 'UPDATE';
    if (introduces || (first && upper === 'COPY')) {
      this.endTarget(false);
      this.expecting = 'target';
      this.introducer = upper;
      this.lists = upper === 'FROM';
    } else if (this.expecting === 'target' || (this.joined && this.expecting === 'more')) {
      if (!IN_BETWEEN.has(upper) && this.lastWord !== 'OR') this.name(text);
    } else {
      this.endTarget(false);
      if (AFTER_TABLES.has(upper)) this.lists = false;
    }
    this.wordBefore = this.lastWord;
    this.lastWord = upper;
  }

  private namesNoTable(upper: string): boolean {
    if (upper !== 'FROM') return false;
    return this.lastWord === 'DISTINCT' || FROM_INSIDE.has(this.open.at(-1)?.word ?? '');
  }

  private name(text: string): void {
    if (this.seeksMain && this.open.length === 0) this.commonName = text.toLowerCase();
    if (this.expecting === 'target') {
      if (NO_TARGET.has(text.toUpperCase())) {
        this.expecting = 'no';
        return;
      }
      this.target = text;
      this.expecting = 'more';
      this.joined = false;
    } else if (this.expecting === 'more' && this.joined) {
      this.target += `.${text}`;
      this.joined = false;
    }
  }

  private symbol(text: string): void {
    if (text === '.') {
      this.joined = this.expecting === 'more';
      return;
    }
    if (text === ';') {
      this.over = true;
      this.columns = -1;
    }
    if (text === '(') {
      const hasColumns = BEFORE_COLUMNS.has(this.introducer);
      if (this.target !== '' && hasColumns) this.columns = this.open.length + 1;
      this.endTarget(!hasColumns && this.introducer !== 'CALL');
      const word = this.last.kind === 'word' ? this.last.text.toUpperCase() : '';
      if (this.open.length < 1000) this.open.push({ word, lists: this.lists });
      this.lists = false;
      return;
    }
    if (text === ')') {
      if (this.open.length === this.columns) this.columns = -1;
      this.lists = this.open.pop()?.lists === true;
    }
    this.endTarget(false);
    if (text === ',' && this.lists) this.expecting = 'target';
  }

  /**
   * Adds the name that was read last to the tables of the statement.
   *
   * @param isFunction - whether the supposed table is called as a function
   */
  private endTarget(isFunction: boolean): void {
    const target = this.target.slice(0, MAX_SUMMARY);
    if (target !== '' && !isFunction && !this.targets.includes(target) && this.targets.length < 50) {
      this.targets.push(target);
    }
    this.target = '';
    this.joined = false;
    this.expecting = 'no';
  }
}
