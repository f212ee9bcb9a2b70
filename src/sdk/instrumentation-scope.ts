import type { ReadableSpan } from './readable-span.js';

/** The part of a program that created a span or a metric. */
export type InstrumentationScope = ReadableSpan['instrumentationScope'];
