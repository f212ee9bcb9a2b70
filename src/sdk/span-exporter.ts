import type { ReadableSpan } from './readable-span.js';

/** Exports spans; exporters of OpenTelemetry SDK 2 and 3 have this shape. */
export interface SpanExporter {
  /**
   * Exports a batch of spans.
   *
   * @param resultCallback - called once; `code` 0 is success, any other code a failure
   */
  export(
    spans: ReadableSpan[],
    resultCallback: (result: { readonly code: number; readonly error?: Error }) => void,
  ): void;
  /** Sends pending spans and closes connections; the exporter is not used afterwards. */
  shutdown(): Promise<void>;
  /** Sends pending spans. */
  forceFlush?(): Promise<void>;
}
