import { monotonicMillis } from '../tracing/clock.js';

/** The most times between chunks that are measured one by one, from the start of a stream. */
const MAX_GAPS = 10_000;

/** The progress of an answer's stream, and its outcome. */
export class StreamProgress {
  /** The times between chunks, in seconds. */
  readonly gaps: number[] = [];
  readonly startedAt = monotonicMillis();
  private firstMillis: number | undefined;
  private lastAt = 0;
  private left = false;
  private aborted = false;
  /** Whether the provider has sent the last chunk. */
  finished = false;

  /**
   * Measures the time at which a chunk arrived.
   *
   * @param measured - whether the times between chunks are recorded
   */
  chunk(measured: boolean): void {
    const now = monotonicMillis();
    if (this.firstMillis === undefined) this.firstMillis = now - this.startedAt;
    else if (measured && this.gaps.length < MAX_GAPS) this.gaps.push((now - this.lastAt) / 1000);
    this.lastAt = now;
  }

  /** Sets the time of the first chunk, if other code has measured it. */
  firstChunkAfter(millis: number): void {
    this.firstMillis = millis;
  }

  /** Records that the consumer left, or that the app aborted the call. */
  noteEarlyEnd(how: 'left' | 'aborted'): void {
    this[how] = true;
  }

  /** Whether any chunk has arrived. */
  get began(): boolean {
    return this.firstMillis !== undefined;
  }

  get timeToFirstChunk(): number | undefined {
    return this.firstMillis === undefined ? undefined : this.firstMillis / 1000;
  }

  /** The time since the call began, in seconds. */
  get elapsed(): number {
    return (monotonicMillis() - this.startedAt) / 1000;
  }

  /**
   * Returns the value of `stream.outcome`; `undefined` if there was no stream.
   *
   * @param streamed - whether a stream was requested
   */
  outcome(failed: boolean, streamed: boolean): string | undefined {
    if (!this.began && !this.left && !(streamed && this.aborted)) return undefined;
    if (this.aborted) return 'client_disconnect';
    if (failed) return 'error';
    // A consumer that leaves after the last chunk has missed nothing.
    return this.left && !this.finished ? 'client_disconnect' : 'completed';
  }
}
