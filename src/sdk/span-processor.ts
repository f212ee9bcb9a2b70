import type { Context, Span } from '@opentelemetry/api';
import type { ReadableSpan } from './readable-span.js';

/** Observes the start and end of spans; processors of OpenTelemetry SDK 2 and 3 have this shape. */
export interface SpanProcessor {
  /** Called when a span starts; may write to it. */
  onStart(span: Span & ReadableSpan, parentContext: Context): void;
  /** Called just before a span ends; may still write to it. */
  onEnding?(span: Span & ReadableSpan): void;
  /** Called when a span has ended. */
  onEnd(span: ReadableSpan): void;
  /** Passes on all spans that it holds back. */
  forceFlush(): Promise<void>;
  /** Passes on all spans that it holds back, and stops. */
  shutdown(): Promise<void>;
}
