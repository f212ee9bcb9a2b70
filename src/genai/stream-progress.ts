import { monotonicMillis } from '../tracing/clock.js';

/**
 * Times between chunks that are measured one by one; a stream that goes on for longer
 * is measured by its first.
 */
const MAX_GAPS = 10_000;

/** How far the stream of an answer has come, and how it ended. */
export class StreamProgress {
  /** Seconds between two chunks. */
  readonly gaps: number[] = [];
  readonly startedAt = monotonicMillis();
  private firstMillis: number | undefined;
  private lastAt = 0;
  private left = false;
  private aborted = false;
  /** The provider has said its last word. */
  finished = false;

  /** @param measured - whether the times between chunks are recorded */
  chunk(measured: boolean): void {
    const now = monotonicMillis();
    if (this.firstMillis === undefined) this.firstMillis = now - this.startedAt;
    else if (measured && this.gaps.length < MAX_GAPS) this.gaps.push((now - this.lastAt) / 1000);
    this.lastAt = now;
  }

  /** The first chunk, where others have seen it. */
  firstChunkAfter(millis: number): void {
    this.firstMillis = millis;
  }

  /** The consumer left, or the app broke the call off. */
  noteEarlyEnd(how: 'left' | 'aborted'): void {
    this[how] = true;
  }

  /** Whether any chunk came. */
  get began(): boolean {
    return this.firstMillis !== undefined;
  }

  get timeToFirstChunk(): number | undefined {
    return this.firstMillis === undefined ? undefined : this.firstMillis / 1000;
  }

  /** Since the call began, in seconds. */
  get elapsed(): number {
    return (monotonicMillis() - this.startedAt) / 1000;
  }

  /**
   * Value of `stream.outcome`; nothing where no stream was seen.
   *
   * @param streamed - whether one was asked for
   */
  outcome(failed: boolean, streamed: boolean): string | undefined {
    if (!this.began && !this.left && !(streamed && this.aborted)) return undefined;
    if (this.aborted) return 'client_disconnect';
    if (failed) return 'error';
    // A consumer that leaves after the last word has missed nothing.
    return this.left && !this.finished ? 'client_disconnect' : 'completed';
  }
}
