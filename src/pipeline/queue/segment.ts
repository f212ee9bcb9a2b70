import type { InstrumentationScope } from '../../sdk/instrumentation-scope.js';
import type { Resource } from '../../sdk/resource.js';
import type { ReadableSpan } from '../../sdk/readable-span.js';

/** The resource, scope and epoch that the spans of a segment share. */
export interface SegmentOrigin {
  readonly resource: Resource;
  readonly scope: InstrumentationScope;
  /** The number of `forceFlush` calls so far; it decides which of them wait for these spans. */
  readonly epoch: number;
}

/** Spans cut off a {@link Segment}, ready to be sent. */
export interface Part extends SegmentOrigin {
  readonly spans: number;
  readonly bytes: number;
  /** Splits into two parts of half the spans each. There must be at least two spans. */
  split(): readonly [Part, Part];
}

/** Waiting spans of one resource and one instrumentation scope, in the order of their end. */
export interface Segment extends SegmentOrigin {
  readonly spans: number;
  readonly bytes: number;
  /** Whether the segment accepts no more spans. */
  readonly full: boolean;
  /**
   * Adds a span at the end.
   *
   * @returns the span's size in bytes
   * @throws any error of the span's getters; the segment is unchanged then
   */
  append(span: ReadableSpan): number;
  /** Closes the segment for further spans and releases unused space. */
  seal(): void;
  /** Removes the span that was added last, of the given size in bytes. */
  undo(bytes: number): void;
  /** Removes the oldest span. @returns its bytes */
  dropOldest(): number;
  /** Cuts off the oldest spans within both limits; `undefined` if not even one fits. */
  cut(maxSpans: number, maxBytes: number): Part | undefined;
}

/**
 * Creates a segment in the form that the exporter needs.
 *
 * @param roomy - whether many spans are expected: few resources fill one segment after the other, many
 *   resources leave most segments with a span or two
 */
export type SegmentFactory = (origin: SegmentOrigin, roomy?: boolean) => Segment;
