import type { Context } from '@opentelemetry/api';
import type { ReadableSpan, SdkSpan } from './readable-span.js';

/** Sees spans begin and end; processors of OpenTelemetry SDK 2 and 3 have this shape. */
export interface SpanProcessor {
  onStart(span: SdkSpan, parentContext: Context): void;
  onEnding?(span: SdkSpan): void;
  onEnd(span: ReadableSpan): void;
  forceFlush(): Promise<void>;
  shutdown(): Promise<void>;
}
