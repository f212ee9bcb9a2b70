import type { StreamRegistry, StreamTrace } from './stream-trace.js';

/** The open streams of an app, which keep its server from closing. */
export class OpenStreams implements StreamRegistry {
  closing = false;
  private readonly streams = new Set<StreamTrace>();
  private onChange: (() => void) | undefined;

  get size(): number {
    return this.streams.size;
  }

  add(stream: StreamTrace): void {
    this.streams.add(stream);
  }

  delete(stream: StreamTrace): void {
    this.streams.delete(stream);
    this.onChange?.();
  }

  /**
   * Completes the streams, so that their last events are written and their responses end. Responses that
   * have not closed in time, since their clients do not read, are destroyed. Later streams are completed at
   * once.
   */
  async shutDown(graceMillis: number): Promise<void> {
    this.closing = true;
    for (const stream of [...this.streams]) stream.shutDown();
    if (await this.closed(graceMillis)) return;
    for (const { endsOnShutdown, trace } of [...this.streams]) {
      if (endsOnShutdown) (trace.response as { destroy(): unknown }).destroy();
    }
    await this.closed(graceMillis);
  }

  /** Ends the spans of streams whose responses are still open. */
  endSpans(): void {
    for (const stream of [...this.streams]) {
      stream.cutBy('server_shutdown');
      stream.trace.end();
    }
  }

  /**
   * Whether all streams have ended. Called at the end of each stream, so it stops at the first open one.
   */
  private get allEnded(): boolean {
    for (const stream of this.streams) if (stream.endsOnShutdown) return false;
    return true;
  }

  private closed(millis: number): Promise<boolean> {
    if (this.allEnded) return Promise.resolve(true);
    return new Promise((resolve) => {
      const finish = (closed: boolean): void => {
        clearTimeout(timer);
        this.onChange = undefined;
        resolve(closed);
      };
      const timer = setTimeout(() => {
        finish(false);
      }, millis);
      this.onChange = () => {
        if (this.allEnded) finish(true);
      };
    });
  }
}
