import type { ReadableSpan } from './readable-span.js';

/** Sends spans somewhere; exporters of OpenTelemetry SDK 2 and 3 have this shape. */
export interface SpanExporter {
  /**
   * Sends a batch of spans.
   *
   * @param resultCallback - called once: `code` 0 is success, anything else is failure
   */
  export(
    spans: ReadableSpan[],
    resultCallback: (result: { readonly code: number; readonly error?: Error }) => void,
  ): void;
  /** Sends what waits and closes connections; nothing is exported after it. */
  shutdown(): Promise<void>;
  /** Sends what waits. */
  forceFlush?(): Promise<void>;
}
