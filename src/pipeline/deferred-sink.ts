import type { ReadableSpan } from '../sdk/readable-span.js';
import type { ExporterStatus, SpanSink } from './span-sink.js';
import type { DropListener, WaitingSpans } from './waiting-room.js';

/**
 * Holds spans for a sink that is still being opened, then passes them on in order. So a flow can begin
 * before a connection or a package is ready.
 */
export class DeferredSink implements SpanSink {
  constructor(
    private readonly waiting: WaitingSpans,
    private readonly opening: Promise<SpanSink>,
    onDropped: DropListener,
  ) {
    opening.then(
      (sink) => {
        waiting.handOverTo((span) => {
          sink.acceptSpan(span);
        });
      },
      () => {
        waiting.handOverTo(() => {
          onDropped('exporter_error', 1);
        });
      },
    );
  }

  acceptSpan(span: ReadableSpan): void {
    this.waiting.acceptSpan(span);
  }

  async forceFlush(): Promise<void> {
    const sink = await this.sink();
    await sink?.forceFlush();
  }

  async shutdown(timeoutMillis: number): Promise<void> {
    const sink = await this.sink();
    await sink?.shutdown(timeoutMillis);
  }

  status(): ExporterStatus {
    return this.waiting.status();
  }

  /** Resolves to the opened sink, or to nothing if opening failed. */
  private sink(): Promise<SpanSink | undefined> {
    return this.opening.catch(() => undefined);
  }
}
