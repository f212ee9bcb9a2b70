import { runInContext } from '../context/flow-context.js';
import { endWhenCollected, type StreamSpan, type StreamUse } from './stream-span.js';

/**
 * Wraps a web stream. Chunks are read one by one on demand, with the span active; the span ends when the
 * stream closes, fails or is cancelled. A byte stream stays a byte stream.
 */
export function spanReadableStream<T>(source: ReadableStream<T>, stream: StreamSpan): ReadableStream<T> {
  const reading = new Reading(source, stream);
  // The wrapper has no queue, which would read from the producer earlier than the reader asks.
  const traced = isByteStream(source)
    ? new ReadableStream({
        type: 'bytes',
        pull: (controller) => reading.pull(controller),
        cancel: (reason) => reading.cancel(reason),
      })
    : new ReadableStream<unknown>(
        { pull: (controller) => reading.pull(controller), cancel: (reason) => reading.cancel(reason) },
        { highWaterMark: 0 },
      );
  return stream.watch(traced) as ReadableStream<T>;
}

/** The methods that both kinds of stream controllers share. */
interface Controller {
  readonly byobRequest?: { respond(bytes: number): void } | null;
  enqueue(chunk: unknown): void;
  close(): void;
}

class Reading {
  private reader: ReadableStreamDefaultReader<unknown> | undefined;
  private begun: StreamUse | undefined;

  constructor(
    private readonly source: ReadableStream<unknown>,
    private readonly stream: StreamSpan,
  ) {}

  private get use(): StreamUse {
    return (this.begun ??= this.stream.use());
  }

  async pull(controller: Controller): Promise<void> {
    // A reader may abandon the stream without cancelling it.
    if (this.begun === undefined) endWhenCollected(controller, this.use);
    const { use } = this;
    const reader = (this.reader ??= this.source.getReader());
    try {
      const { done, value } = await runInContext(use.context, () => reader.read());
      if (!done) {
        use.chunk(value);
        controller.enqueue(value);
        return;
      }
    } catch (error) {
      use.fail(error);
      throw error;
    }
    controller.close();
    controller.byobRequest?.respond(0);
    use.end();
  }

  async cancel(reason: unknown): Promise<void> {
    const { use } = this;
    try {
      await runInContext(use.context, () => (this.reader ?? this.source).cancel(reason));
      use.endEarly();
    } catch (error) {
      use.fail(error);
      throw error;
    }
  }
}

/** Whether a stream is a byte stream, whose readers can supply a buffer. */
function isByteStream(source: ReadableStream<unknown>): boolean {
  try {
    source.getReader({ mode: 'byob' }).releaseLock();
    return true;
  } catch {
    return false;
  }
}
