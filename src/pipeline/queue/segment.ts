import type { InstrumentationScope } from '../../sdk/instrumentation-scope.js';
import type { Resource } from '../../sdk/resource.js';
import type { ReadableSpan } from '../../sdk/readable-span.js';

/** The resource, scope and epoch that a run of spans shares. */
export interface SegmentOrigin {
  readonly resource: Resource;
  readonly scope: InstrumentationScope;
  /** Counts the calls of `forceFlush`: which of them wait for these spans. */
  readonly epoch: number;
}

/** Spans cut off a {@link Segment}, ready to be sent. */
export interface Part extends SegmentOrigin {
  readonly spans: number;
  readonly bytes: number;
  /** Two parts of half the spans each; only with two spans or more. */
  split(): readonly [Part, Part];
}

/** Waiting spans of one resource and one instrumentation scope, in the order in which they ended. */
export interface Segment extends SegmentOrigin {
  readonly spans: number;
  readonly bytes: number;
  /** Takes no more spans; a new segment must be begun. */
  readonly full: boolean;
  /**
   * Adds a span behind the others.
   *
   * @returns the bytes that it takes
   * @throws what a getter of the span throws; the segment is then as it was
   */
  append(span: ReadableSpan): number;
  /** Takes no more spans, and gives back the room that was kept for them. */
  seal(): void;
  /** Takes back the span that was appended last, of so many bytes. */
  undo(bytes: number): void;
  /** Forgets the oldest span. @returns its bytes */
  dropOldest(): number;
  /** Cuts off the oldest spans within both limits; `undefined` if not even one fits. */
  cut(maxSpans: number, maxBytes: number): Part | undefined;
}

/**
 * Begins a segment in the form that the exporter behind the queue wants.
 *
 * @param roomy - many spans are expected: with few resources, one segment fills after the other; with
 *   many, most hold a span or two
 */
export type SegmentFactory = (origin: SegmentOrigin, roomy?: boolean) => Segment;
