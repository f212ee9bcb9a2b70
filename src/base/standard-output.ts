/** The destination of printed spans: standard output, or a test's replacement. */
export interface Terminal {
  /** Whether to print colours if the configuration does not say. */
  readonly color: boolean;
  /** The width of the terminal, in characters. */
  readonly columns: number;
  /**
   * Writes a text in one call. Never throws.
   *
   * @param done - called once after the write, with the error if it failed
   */
  write(text: string, done: (error?: Error) => void): void;
}

const MAX_COLUMNS = 100;
const MIN_COLUMNS = 60;
/** Limits the buffered output, in bytes, so that memory stays bounded if the reader stalls. */
const MAX_PENDING_BYTES = 16 * 1024 * 1024;

/**
 * Writes to standard output, and handles a reader that goes away (`node main.js | head`) without an
 * unhandled `error` event.
 */
export class StandardOutput implements Terminal {
  private broken: Error | undefined;
  private writing = 0;
  private readonly onError = (error: Error): void => {
    this.broken = error;
  };

  constructor(private readonly stream: NodeJS.WriteStream = process.stdout) {}

  get color(): boolean {
    const { NO_COLOR, TERM } = process.env;
    // The property is undefined for a piped output, although its type says otherwise.
    const isTerminal = (this.stream.isTTY as boolean | undefined) ?? false;
    return isTerminal && (NO_COLOR ?? '') === '' && TERM !== 'dumb';
  }

  get columns(): number {
    // The property is not a number for a piped output, and zero on some pseudo-terminals.
    const columns = (this.stream.columns as number | undefined) ?? 0;
    return Math.max(MIN_COLUMNS, Math.min(MAX_COLUMNS, columns === 0 ? MAX_COLUMNS : columns));
  }

  write(text: string, done: (error?: Error) => void): void {
    if (this.broken === undefined && this.stream.writableLength > MAX_PENDING_BYTES) {
      done(Object.assign(new Error('standard output is not being read'), { code: 'EAGAIN' }));
      return;
    }
    if (this.broken !== undefined) {
      done(this.broken);
      return;
    }
    this.listen();
    try {
      this.stream.write(text, (error) => {
        // The stream emits `error` after it has called back, so the listener is removed later.
        setImmediate(() => this.unlisten());
        if (error != null) this.broken = error;
        done(error ?? undefined);
      });
    } catch (error) {
      this.unlisten();
      done(error instanceof Error ? error : new Error(String(error)));
    }
  }

  private listen(): void {
    if (this.writing++ === 0) this.stream.on('error', this.onError);
  }

  private unlisten(): void {
    if (--this.writing === 0) this.stream.off('error', this.onError);
  }
}
