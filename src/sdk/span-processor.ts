import type { Context, Span } from '@opentelemetry/api';
import type { ReadableSpan } from './readable-span.js';

/** Sees spans begin and end; processors of OpenTelemetry SDK 2 and 3 have this shape. */
export interface SpanProcessor {
  /** Sees a span begin, and may write to it. */
  onStart(span: Span & ReadableSpan, parentContext: Context): void;
  /** Sees a span that is about to end, and may still write to it. */
  onEnding?(span: Span & ReadableSpan): void;
  /** Sees a span that has ended. */
  onEnd(span: ReadableSpan): void;
  /** Hands on what it keeps back. */
  forceFlush(): Promise<void>;
  /** Hands on what it keeps back, and stops. */
  shutdown(): Promise<void>;
}
