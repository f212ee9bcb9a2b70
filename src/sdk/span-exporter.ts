import type { ExportResult } from './export-result.js';
import type { ReadableSpan } from './readable-span.js';

/** Sends spans somewhere; exporters of OpenTelemetry SDK 2 and 3 have this shape. */
export interface SpanExporter {
  export(spans: ReadableSpan[], resultCallback: (result: ExportResult) => void): void;
  shutdown(): Promise<void>;
  forceFlush?(): Promise<void>;
}
